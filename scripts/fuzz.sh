#!/usr/bin/env bash
# Runs one fuzz target for a time: scripts/fuzz.sh SECONDS TARGET. Leaves TARGET.log, and TARGET.passed if it found nothing.
set -euo pipefail

seconds=$1 target=$2
name=${target##*/fuzz-}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
found=$top/build/fuzz/found/$name grown=$top/build/fuzz/corpus/$name
mkdir -p "$found" "$grown"
rm --force "$target.passed"

# The golden cases are the seeds: they speak every dialect.
seeds=("$top/tests/fuzz/corpus" "$top/tests/protocol/cases")
if "$target" -max_total_time="$seconds" -dict="$top/tests/fuzz/json.dict" -timeout=10 -rss_limit_mb=4096 \
  -max_len=65536 -artifact_prefix="$found/" -print_final_stats=1 "$grown" "${seeds[@]}" >"$target.log" 2>&1; then
  touch "$target.passed"
else
  tail -n 60 "$target.log"
fi
