#!/usr/bin/env bash
# The kill test for long: SIGKILL under load, restart, compare what was counted, a thousand times by default.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tests/e2e/kill_soak.sh [ROUNDS] [--seed N] [--help]

Runs tests/e2e/quota_kill.test.mjs with so many rounds (default: 1000) against $GATEWAY_BINARY (default:
build/release/ai-gateway). The seed decides what is asked and when the kill comes; a failure names it. Which
instruction of the gateway the kill meets is up to the machine: the same seed need not fail again.
TEXT
}

rounds=1000
while (($# > 0)); do
  case $1 in
    --seed) export KILL_SEED=${2:?a number belongs to --seed}; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    *[!0-9]* | '') usage >&2; exit 2 ;;
    *) rounds=$1; shift ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
KILL_ROUNDS=$rounds exec node --test --test-reporter=spec tests/e2e/quota_kill.test.mjs
