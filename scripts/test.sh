#!/usr/bin/env bash
# Builds and runs the tests, all of them by default: this is what CI runs.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/test.sh [STAGE...] [--no-install] [--verbose] [--help]

Installs what the tests need, builds, runs the stages, and prints one summary line. Exits 0 only if every
runner ran tests and none failed.

Stages (default: all, in this order)
  unit      unit tests, warnings are errors                     build/ci
  e2e       the binary against scripted upstreams               build/ci
  protocol  golden cases of the conversions                     build/ci, tests/protocol
  clients   the binary driven by the official SDKs              build/ci, tests/clients
  browser   the dashboard in a headless Chromium                build/ci, tests/browser
  asan      unit and e2e under AddressSanitizer and UBSan       build/dev
  tsan      the concurrent unit and e2e tests under TSan        build/tsan
  fuzz      each fuzz target for FUZZ_SECONDS (default 60)      build/dev, tests/fuzz

  --no-install  do not look for missing packages
  --verbose     show the runners' whole output, not only that of failures
TEXT
}

# Long suites of plain arithmetic, in which no sanitizer has anything to find.
long_suites='base/cron_oracle,usage/year'
# What runs under ThreadSanitizer beside what tests/unit/CMakeLists.txt builds for it.
tsan_e2e=(tests/e2e/{scheduling,quota,quota_exact,quota_kill,quota_windows,quota_reset,usage_history,limits,wallets,key_changes,stream_relay,stream_convert,dialect_answers,client_gone,admin,metrics,lifecycle,requests,overview,alerts,regressions}.test.mjs)

# A runner that hangs is ended, and fails.
limit=(timeout --foreground --kill-after=10 15m)

say() { printf '==> %s\n' "$*"; }
die() { printf 'test.sh: %s\n' "$*" >&2; exit 2; }

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

default_stages=(unit e2e protocol clients browser asan tsan fuzz)
stages=()
install=true
verbose=false
for argument in "$@"; do
  case $argument in
    unit | e2e | protocol | clients | browser | asan | tsan | fuzz) stages+=("$argument") ;;
    --no-install) install=false ;;
    --verbose) verbose=true ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; die "unknown argument: $argument" ;;
  esac
done
((${#stages[@]} > 0)) || stages=("${default_stages[@]}")

passed=0 failed=0 skipped=0
logs=$top/build/test-logs
mkdir -p "$logs"

# count NAME LOG STATUS PASSED FAILED SKIPPED: adds one runner's result, shows its output if it failed.
# A runner that ran nothing, or broke off without counting a failure, counts as one failed test.
count() {
  local name=$1 log=$2 status=$3 ok=$4 bad=$5 left_out=$6 note=''
  if ((ok + bad == 0)); then
    bad=1 note=' (ran no test)'
  elif ((status != 0 && bad == 0)); then
    bad=1 note=" (exit status $status)"
  fi
  if ((bad > 0)) && ! $verbose; then cat "$log"; fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left_out))
  say "$name: $ok passed, $bad failed, $left_out skipped$note in $((SECONDS - started)) s"
}

# run LOG COMMAND...: the command's output goes to the log, and to the terminal with --verbose.
run() {
  local log=$1
  shift
  started=$SECONDS
  if $verbose; then "$@" 2>&1 | tee "$log"; else "$@" >"$log" 2>&1; fi
}

declare -A built

build() {
  [[ -z ${built[$1]:-} ]] || return 0
  local preset=$1 started=$SECONDS log=$logs/build-$1.log
  if ! run "$log" build_commands "$preset"; then
    $verbose || tail -n 60 "$log"
    say "build of preset $preset failed"
    failed=$((failed + 1))
    return 1
  fi
  built[$preset]=yes
  say "built preset $preset in $((SECONDS - started)) s"
}

build_commands() {
  cmake --preset "$1" && cmake --build --preset "$1" --parallel "$(nproc)"
}

# unit NAME COMMAND...: doctest's binary, with what it needs in front.
unit() {
  local name=$1 log=$logs/$1.log status=0
  shift
  run "$log" "${limit[@]}" "$@" --no-colors || status=$?
  # [doctest] test cases: 12 | 11 passed | 1 failed | 0 skipped
  local ok=0 bad=0 left_out=0
  read -r ok bad left_out < <(awk '
    /^\[doctest\] test cases:/ { for (i = 2; i <= NF; ++i) {
      if ($i == "passed") ok = $(i - 1); if ($i == "failed") bad = $(i - 1); if ($i == "skipped") out = $(i - 1) } }
    END { print ok + 0, bad + 0, out + 0 }' "$log") || true
  # What a filter leaves out on purpose is not a skipped test.
  [[ "$*" != *--test-suite-exclude* ]] || left_out=0
  count "$name" "$log" "$status" "$ok" "$bad" "$left_out"
}

# node_tests NAME COMMAND... -- FILE...: what precedes the files is how Node is started.
node_tests() {
  local name=$1 log=$logs/$1.log tap=$logs/$1.tap status=0 starter=()
  shift
  while [[ $1 != -- ]]; do starter+=("$1"); shift; done
  shift
  rm --force "$tap"
  run "$log" "${limit[@]}" "${starter[@]}" node --test --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$tap" "$@" || status=$?
  [[ -f $tap ]] || : >"$tap"
  # The totals are the last lines of the whole report; subtests repeat such lines, indented.
  local ok bad left_out
  read -r ok bad left_out < <(awk '
    /^# pass [0-9]+$/ { ok = $3 } /^# fail [0-9]+$/ { bad = $3 } /^# cancelled [0-9]+$/ { cancelled = $3 }
    /^# skipped [0-9]+$/ { out = $3 } /^# todo [0-9]+$/ { todo = $3 }
    END { print ok + 0, bad + cancelled, out + todo }' "$tap") || true
  count "$name" "$log" "$status" "$ok" "$bad" "$left_out"
}

# Each report that a sanitizer wrote (one file a process) is one failed test, whatever the tests said: also that of a
# process whose output and exit status no test looks at.
sanitizer_reports() {
  local name=$1 prefix=$2 report
  for report in "$prefix".*; do
    [[ -s $report ]] || continue
    failed=$((failed + 1))
    say "$name: a report of the sanitizer, $report"
    head -n 60 "$report"
  done
}

# GCC 12's ThreadSanitizer does not start where the kernel randomises more address bits than it knows.
fixed_addresses() {
  if setarch --addr-no-randomize true 2>/dev/null; then printf '%s\n' setarch --addr-no-randomize; fi
}

stage_unit() { build ci && unit unit "$top/build/ci/unit-tests"; }

stage_e2e() {
  build ci && node_tests e2e env GATEWAY_BINARY="$top/build/ci/ai-gateway" -- tests/e2e/*.test.mjs
}

stage_protocol() {
  build ci && node_tests protocol env GATEWAY_BINARY="$top/build/ci/ai-gateway" -- tests/protocol/*.test.mjs
}

# npm_install FOLDER: the packages that its tests need, as its lock file has them.
npm_install() {
  run "$logs/npm.log" npm --prefix "$1" ci --no-audit --no-fund && return
  $verbose || cat "$logs/npm.log"
  say "npm ci failed in $1"
  failed=$((failed + 1))
  return 1
}

stage_clients() {
  build ci && npm_install tests/clients || return
  node_tests clients env GATEWAY_BINARY="$top/build/ci/ai-gateway" -- tests/clients/*.test.mjs
}

# Pictures of what was seen are in build/browser.
stage_browser() {
  build ci && npm_install tests/browser || return
  node_tests browser env GATEWAY_BINARY="$top/build/ci/ai-gateway" -- tests/browser/*.test.mjs
}

stage_asan() {
  build dev || return
  rm --force "$logs"/asan-report.*
  local sanitizer=(env ASAN_OPTIONS="detect_leaks=1:log_path=$logs/asan-report"
    UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:log_path=$logs/asan-report")
  unit asan-unit "${sanitizer[@]}" "$top/build/dev/unit-tests" --test-suite-exclude="$long_suites"
  node_tests asan-e2e "${sanitizer[@]}" GATEWAY_BINARY="$top/build/dev/ai-gateway" -- tests/e2e/*.test.mjs
  sanitizer_reports asan "$logs/asan-report"
}

stage_tsan() {
  build tsan || return
  rm --force "$logs"/tsan-report.*
  local sanitizer
  mapfile -t sanitizer < <(fixed_addresses)
  sanitizer+=(env TSAN_OPTIONS="second_deadlock_stack=1:suppressions=$top/tests/tsan.supp:log_path=$logs/tsan-report")
  unit tsan-unit "${sanitizer[@]}" "$top/build/tsan/unit-tests" --test-suite-exclude="$long_suites"
  node_tests tsan-e2e "${sanitizer[@]}" GATEWAY_BINARY="$top/build/tsan/ai-gateway" -- "${tsan_e2e[@]}"
  sanitizer_reports tsan "$logs/tsan-report"
}

# Each target runs on the inputs of the golden cases and the corpus of its own; a finding is a failed test and stays in
# build/dev/fuzz/found. The targets share the cores.
stage_fuzz() {
  build dev || return
  local log=$logs/fuzz.log ok=0 bad=0 target started=$SECONDS
  : >"$log"
  find build/dev/fuzz -maxdepth 1 -name 'fuzz-*' -type f -executable -print0 |
    xargs --null --max-procs="$(nproc)" --max-args=1 scripts/fuzz.sh "${FUZZ_SECONDS:-60}" || true
  for target in build/dev/fuzz/fuzz-*; do
    [[ -x $target && -f $target ]] || continue
    if [[ -f $target.passed ]]; then
      ok=$((ok + 1))
    else
      bad=$((bad + 1))
      say "$target found something, see $target.log" >>"$log"
      tail -n 80 "$target.log" | cut -c 1-300 >>"$log"
    fi
  done
  count fuzz "$log" 0 "$ok" "$bad" 0
}

if $install; then
  scripts/deps.sh build test
fi
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi

for stage in "${stages[@]}"; do "stage_$stage" || true; done

summary="$passed passed, $failed failed"
((skipped == 0)) || summary+=", $skipped skipped"
echo "$summary"
((failed == 0))
