#!/usr/bin/env bash
# Measures the gateway beside nginx as a reverse proxy, against the same mock upstream, and prints a table.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: bench/run.sh [--runs N] [--seconds S] [--counting | --conversion | --watching | --simulation] [--no-install] [--no-build]
       bench/run.sh --help

Installs nginx and wrk, builds build/bench, measures for about two minutes, prints a table (bench/README.md says how
to read it) and ends all it has started. Everything stays on 127.0.0.1.

  --runs N      runs of each side in a comparison, taken in turns (default 5)
  --seconds S   length of one run of requests (default 4); a run of streams is 10 s
  --counting    measure instead what counting costs: an exchange, a start after a crash, saving 2,500 counters
  --conversion  measure instead what converting costs: a request, an event, a stream through the gateway
  --watching    measure instead what watching costs: stories, metrics, log, and open dashboards
  --simulation  compare instead how much of free quotas the strategies leave unused, in a simulated month
  --no-install  do not look for missing packages
  --no-build    take build/bench as it is
GATEWAY_BINARY names another gateway to measure.
TEXT
}

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'bench/run.sh: %s\n' "$*" >&2; exit 1; }

runs=5 seconds=4 program='' install=true build=true
while (($# > 0)); do
  case $1 in
    --runs) runs=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --counting) program=counting ;;
    --conversion) program=conversion ;;
    --watching) program=watching ;;
    --simulation) program=expiring ;;
    --no-install) install=false ;;
    --no-build) build=false ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; die "unknown argument: $1" ;;
  esac
  shift
done

readonly streams=500 rate=50 stream_tokens=500 stream_runs=2 body_bytes=1000000 idle_connections=5000
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$top/build/bench/bench
gateway=${GATEWAY_BINARY:-$top/build/bench/ai-gateway}
cd "$top"

# ---- what is started is ended, by its own process id ---------------------------------------------------------
work=$(mktemp --directory --tmpdir gateway-bench.XXXXXX)
mock_pid='' nginx_pid='' gateway_pid=''

end_process() {
  [[ -n $1 ]] || return 0
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

finish() {
  end_process "$gateway_pid"
  end_process "$nginx_pid"
  end_process "$mock_pid"
  rm --recursive --force "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---- the three servers ---------------------------------------------------------------------------------------
free_port() {
  local port
  for _ in {1..50}; do
    port=$((20000 + RANDOM % 12000))
    (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  die "no free port found"
}

# await_port LOG PID: the port of the line `Listening ... port=N` that the server with that process id logs.
await_port() {
  local log=$1 pid=$2 port
  for _ in {1..200}; do
    port=$(sed --quiet 's/.*Listening.* port=\([0-9]*\).*/\1/p' "$log" | head -n 1)
    if [[ -n $port ]]; then echo "$port"; return; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  cat "$log" >&2
  die "the server did not say on which port it listens"
}

start_mock() {
  "$tools/mock_upstream" --tokens "$stream_tokens" --rate "$rate" >"$work/mock.log" &
  mock_pid=$!
  mock_port=$(await_port "$work/mock.log" "$mock_pid")
  export BENCH_UPSTREAM_PORT=$mock_port
}

start_nginx() {
  end_process "$nginx_pid"
  nginx_port=$(free_port)
  local user=''
  ((EUID != 0)) || user='user root;'
  mkdir -p "$work/nginx"
  sed -e "s|@DIR@|$work/nginx|; s|@PORT@|$nginx_port|; s|@UPSTREAM@|$mock_port|; s|@USER@|$user|" \
    -e "s|@WORKERS@|$(nproc)|; s|@FILES@|$(ulimit -n)|" bench/nginx.conf.in >"$work/nginx/nginx.conf"
  nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" 2>"$work/nginx/stderr.log" &
  nginx_pid=$!
  for _ in {1..200}; do
    (: <>"/dev/tcp/127.0.0.1/$nginx_port") 2>/dev/null && return
    kill -0 "$nginx_pid" 2>/dev/null || break
    sleep 0.05
  done
  cat "$work/nginx/stderr.log" >&2
  die "nginx did not start"
}

# set_command DIR PORT: the gateway's command line, with fresh folders for its data and logs below DIR.
set_command() {
  rm --recursive --force "$1"
  mkdir -p "$1/data" "$1/logs"
  command=("$gateway" --config "$top/bench/provider.json" --host 127.0.0.1 --port "$2"
    --data "$1/data" --logs "$1/logs")
}

start_gateway() {
  end_process "$gateway_pid"
  set_command "$work/gateway" 0
  "${command[@]}" >/dev/null 2>"$work/gateway.log" &
  gateway_pid=$!
  gateway_port=$(await_port "$work/gateway.log" "$gateway_pid")
}

# ---- reading /proc: a process and its children (nginx has workers) -----------------------------------------
family() { echo "$1 $(cat "/proc/$1/task/$1/children")"; }

cpu_seconds() {
  local pid
  for pid in $(family "$1"); do cat "/proc/$pid/stat"; done |
    awk -v hertz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); ticks += $12 + $13 } END { printf "%.2f\n", ticks / hertz }'
}

status_sum() {
  local pid
  for pid in $(family "$1"); do cat "/proc/$pid/status"; done |
    awk -v name="$2:" '$1 == name { sum += $2 } END { print sum }'
}

resident_mb() { awk -v kb="$(status_sum "$1" VmRSS)" 'BEGIN { printf "%.1f\n", kb / 1024 }'; }

# ---- arithmetic ----------------------------------------------------------------------------------------------
median() {
  sort --numeric-sort | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2 }'
}
calc() { awk "BEGIN { printf \"$1\", ($2) }"; }

# row FIGURE NGINX GATEWAY RATIO LIMIT VALUE: LIMIT is like `<= 1.30` and holds VALUE.
row() {
  local verdict
  verdict=$(awk -v limit="$5" -v value="$6" 'BEGIN { split(limit, l, " ")
    print (l[1] == "<=" ? value <= l[2] + 0 : value >= l[2] + 0) ? "met" : "missed" }')
  rows+=("$(printf '%-46s %10s %12s %7s   %-9s %s' "$1" "$2" "$3" "$4" "$5" "$verdict")")
}
rows=()

# ---- the measurements ----------------------------------------------------------------------------------------
requests_per_second() {
  local out
  out=$(wrk --threads 2 --connections 64 --duration "${2}s" --script bench/post.lua "http://127.0.0.1:$1")
  if grep --quiet --extended-regexp 'Non-2xx|Socket errors' <<<"$out"; then
    echo "$out" >&2
    die "a run of wrk had failures"
  fi
  awk '/^Requests\/sec:/ { print $2 }' <<<"$out"
}

measure_requests() {
  say "Requests a second, 64 connections, $runs runs of $seconds s each"
  requests_per_second "$nginx_port" 1 >"$work/warm-up"
  requests_per_second "$gateway_port" 1 >>"$work/warm-up"
  : >"$work/nginx.rps"
  : >"$work/gateway.rps"
  for ((i = 0; i < runs; ++i)); do
    requests_per_second "$nginx_port" "$seconds" >>"$work/nginx.rps"
    requests_per_second "$gateway_port" "$seconds" >>"$work/gateway.rps"
  done
  local n g ratio
  n=$(median <"$work/nginx.rps") g=$(median <"$work/gateway.rps")
  ratio=$(calc %.2f "$g / $n")
  row "requests/s, 64 connections" "$(calc %d "$n")" "$(calc %d "$g")" "$ratio" ">= 0.80" "$ratio"
}

# latencies REQUESTS BODY_BYTES: sets direct, through_nginx and through_gateway to median microseconds. Each round has
# connections of its own, since it matters on which core and in which worker one ends up, and another order.
latencies() {
  : >"$work/latency"
  for ((i = 0; i < runs; ++i)); do
    "$tools/latency" --ports "$mock_port,$nginx_port,$gateway_port" --requests "$1" --body-bytes "$2" >>"$work/latency"
    "$tools/latency" --ports "$gateway_port,$nginx_port,$mock_port" --requests "$1" --body-bytes "$2" |
      awk '{ print $3, $2, $1 }' >>"$work/latency"
  done
  direct=$(cut -d' ' -f1 "$work/latency" | median)
  through_nginx=$(cut -d' ' -f2 "$work/latency" | median)
  through_gateway=$(cut -d' ' -f3 "$work/latency" | median)
}

measure_latency() {
  say "Latency at one connection, direct, nginx and gateway in turns"
  local direct through_nginx through_gateway n g ratio
  latencies 1000 0
  n=$(calc %.0f "$through_nginx - $direct") g=$(calc %.0f "$through_gateway - $direct")
  ratio=$(calc %.2f "($through_gateway - $direct) / ($through_nginx - $direct)")
  row "added median latency, 1 connection, us" "$n" "$g" "$ratio" "<= 1.30" "$ratio"
  latencies 50 "$body_bytes"
  n=$(calc %.2f "($through_nginx - $direct) / 1000") g=$(calc %.2f "($through_gateway - $direct) / 1000")
  row "added median latency, 1 MB body, ms" "$n" "$g" "" "<= 3" "$g"
}

# stream_once NAME PID PORT [PATH]: one run; adds a line "cpu rss" to the file NAME.streams.
stream_once() {
  local name=$1 pid=$2 port=$3 path=${4:-/v1/chat/completions} before peak=0 now load
  before=$(cpu_seconds "$pid")
  "$tools/stream_load" --port "$port" --path "$path" --streams "$streams" --tokens "$stream_tokens" --rate "$rate" \
    >"$work/load.log" &
  load=$!
  while kill -0 "$load" 2>/dev/null; do
    now=$(resident_mb "$pid")
    peak=$(calc %.1f "$now > $peak ? $now : $peak")
    sleep 0.5
  done
  wait "$load" || { cat "$work/load.log" >&2; die "streams through $name were incomplete"; }
  say "  $name: $(cat "$work/load.log")"
  echo "$(calc %.2f "$(cpu_seconds "$pid") - $before") $peak" >>"$work/$name.streams"
}

measure_streams() {
  say "$streams streams of $rate tokens/s for 10 s, $stream_runs runs each"
  : >"$work/nginx.streams"
  : >"$work/gateway.streams"
  for ((i = 0; i < stream_runs; ++i)); do
    start_nginx
    stream_once nginx "$nginx_pid" "$nginx_port"
    start_gateway
    stream_once gateway "$gateway_pid" "$gateway_port"
  done
  local n g n_mb g_mb ratio
  n=$(cut -d' ' -f1 "$work/nginx.streams" | median) g=$(cut -d' ' -f1 "$work/gateway.streams" | median)
  n_mb=$(cut -d' ' -f2 "$work/nginx.streams" | median) g_mb=$(cut -d' ' -f2 "$work/gateway.streams" | median)
  ratio=$(calc %.2f "$g / $n")
  row "CPU seconds, $streams streams of $rate tokens/s, 10 s" "$(calc %.2f "$n")" "$(calc %.2f "$g")" "$ratio" \
    "<= 1.50" "$ratio"
  row "resident memory for them, MB" "$(calc %.1f "$n_mb")" "$(calc %.1f "$g_mb")" "" "<= 64" "$g_mb"
}

# The mock speaks Chat: what asks for Messages gets it converted, request and answer.
measure_conversion() {
  say "$streams streams of $rate tokens/s for 10 s, passed through and converted in turns, $stream_runs runs each"
  : >"$work/passed.streams"
  : >"$work/converted.streams"
  for ((i = 0; i < stream_runs; ++i)); do
    start_gateway
    stream_once passed "$gateway_pid" "$gateway_port" /v1/chat/completions
    start_gateway
    stream_once converted "$gateway_pid" "$gateway_port" /v1/messages
  done
  local events=$((streams * stream_tokens)) side ratio
  local -A micros megabytes
  for side in passed converted; do
    micros[$side]=$(calc %.1f "$(cut -d' ' -f1 "$work/$side.streams" | median) / $events * 1e6")
    megabytes[$side]=$(cut -d' ' -f2 "$work/$side.streams" | median)
  done
  ratio=$(calc %.2f "${micros[converted]} / ${micros[passed]}")
  row "CPU per event through the gateway, us" "${micros[passed]}" "${micros[converted]}" "$ratio" "<= 3" "$ratio"
  row "resident memory for $streams streams, MB" "${megabytes[passed]}" "${megabytes[converted]}" "" "<= 64" \
    "${megabytes[converted]}"
}

measure_start() {
  say "Start to first answer, and memory when idle"
  local port n_mb g_mb ms
  start_nginx
  start_gateway
  sleep 1
  n_mb=$(resident_mb "$nginx_pid") g_mb=$(resident_mb "$gateway_pid")
  row "resident memory when idle after the start, MB" "$n_mb" "$g_mb" "" "<= 20" "$g_mb"
  for ((i = 0; i < 5; ++i)); do
    port=$(free_port)
    set_command "$work/start" "$port"
    "$tools/first_answer" --port "$port" -- "${command[@]}" 2>"$work/start.log" ||
      { cat "$work/start.log" >&2; die "the gateway did not answer"; }
  done >"$work/start.ms"
  ms=$(median <"$work/start.ms")
  row "start to first answer, ms" "" "$ms" "" "<= 100" "$ms"
}

measure_idle() {
  say "$idle_connections idle keep-alive connections"
  local warm ready open threads_before threads_after
  coproc IDLE { "$tools/idle_connections" --port "$gateway_port" --connections "$idle_connections"; }
  local idle_pid=$IDLE_PID
  read -r warm <&"${IDLE[0]}" || die "idle connections: no request was answered"
  threads_before=$(status_sum "$gateway_pid" Threads)
  echo >&"${IDLE[1]}"
  read -r ready <&"${IDLE[0]}" || die "idle connections: not all could be opened"
  threads_after=$(status_sum "$gateway_pid" Threads)
  say "  resident memory beside them: $(resident_mb "$gateway_pid") MB"
  echo >&"${IDLE[1]}"
  read -r open <&"${IDLE[0]}" || die "idle connections: the gateway broke off"
  wait "$idle_pid" || die "idle connections: some were closed ($open of $idle_connections)"
  warm=${warm#*=} ready=${ready#*=}
  row "threads, before and beside $idle_connections idle" "" "$threads_before/$threads_after" "" "<= 0" \
    "$((threads_after - threads_before))"
  row "request on a new connection, ms, before/beside" "" "$warm/$ready" "$(calc %.2f "$ready / $warm")" "<= 1.5" \
    "$(calc %.2f "$ready / $warm")"
}

machine() {
  printf 'machine   %s cores, %s, %s MB\n' "$(nproc)" \
    "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)" \
    "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)"
  printf 'system    %s, Linux %s\n' "$(. /etc/os-release && echo "$PRETTY_NAME")" "$(uname -r)"
  printf 'versions  %s, %s, %s\n' "$("$gateway" --version 2>/dev/null | head -n 1)" \
    "$(nginx -v 2>&1 | sed 's/.*: //')" "$(wrk --version 2>&1 | sed --quiet '1s/ \[.*//p')"
  printf 'load      %s before the first run\n' "$load_before"
}

# ---- go ------------------------------------------------------------------------------------------------------
groups=(build)
[[ -n $program ]] || groups+=(bench)
if $install; then scripts/deps.sh "${groups[@]}"; fi
export PATH=$PATH:/usr/sbin
if $build; then
  say "Building build/bench"
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  { cmake --preset bench -DGATEWAY_TESTS=OFF && cmake --build --preset bench --parallel "$(nproc)"; } \
    >"$work/build.log" 2>&1 || { tail -n 60 "$work/build.log" >&2; die "the build failed"; }
fi
ulimit -S -n "$(ulimit -H -n)"
if [[ $program == watching ]]; then
  start_mock
  start_gateway
  "$tools/watching" --port "$gateway_port" --pid "$gateway_pid" 2>"$work/watching.log" ||
    { tail -n 5 "$work/watching.log" >&2; die "watching could not be measured"; }
elif [[ -n $program ]]; then
  "$tools/$program"
fi
if [[ $program == conversion ]]; then
  start_mock
  measure_conversion
  printf '\n%-46s %10s %12s %7s   %-9s\n' figure passed converted ratio wanted
  printf '%s\n' "${rows[@]}"
fi
[[ -z $program ]] || exit 0
[[ $(ulimit -n) == unlimited ]] || (($(ulimit -n) > idle_connections + 200)) ||
  die "$idle_connections connections need more open files than this system allows (ulimit -Hn: $(ulimit -Hn))"

load_before=$(cut -d' ' -f1 /proc/loadavg)
start_mock
start_nginx
start_gateway
measure_requests
measure_latency
measure_streams
measure_start
measure_idle

echo
machine
echo
printf '%-46s %10s %12s %7s   %-9s\n' figure nginx gateway ratio wanted
printf '%s\n' "${rows[@]}"
