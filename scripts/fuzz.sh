#!/usr/bin/env bash
# Runs one fuzz target for a time: scripts/fuzz.sh SECONDS TARGET. Leaves TARGET.log, and TARGET.passed if it found
# nothing.
set -euo pipefail

seconds=$1 target=$2
name=${target##*/fuzz-}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
found=$top/build/dev/fuzz/found/$name grown=$top/build/dev/fuzz/corpus/$name
mkdir -p "$found" "$grown"
rm --force "$target.passed"

export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

# The golden cases are the seeds. A target gets those that it reads, since all are run before the first mutation.
cases=$top/tests/protocol/cases
declare -A spoken=([chat]=openai [messages]=anthropic)
from=${spoken[${name#*-}]:-${name#*-}}
case $name in
  request-*) seeds=("$cases/$from"_*_request) ;;
  answer-*) seeds=("$cases/$from"_*{_response,stream}) ;;
  joiner) seeds=("$cases"/*{_response,stream}) ;;
  *) seeds=("$cases") ;;
esac
if "$target" -max_total_time="$seconds" -dict="$top/tests/fuzz/json.dict" -timeout=10 -rss_limit_mb=4096 \
  -max_len=65536 -artifact_prefix="$found/" -print_final_stats=1 "$grown" "$top/tests/fuzz/corpus" "${seeds[@]}" \
  >"$target.log" 2>&1; then
  touch "$target.passed"
fi
