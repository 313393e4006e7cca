#!/usr/bin/env bash
# From a checkout to a running gateway: installs what is missing, builds, starts. Arguments go to the gateway.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/run.sh [GATEWAY ARGUMENT...]

Installs missing packages, builds build/release/ai-gateway, and starts it on config/provider.json
(GATEWAY_CONFIG, GATEWAY_DATA and GATEWAY_LOGS choose other places). All arguments are the gateway's:

  scripts/run.sh                      serve on port 6010
  scripts/run.sh --port 8080          on another port
  scripts/run.sh check                check config/provider.json
  scripts/run.sh -- --help            the gateway's own help
TEXT
}

say() { printf '==> %s\n' "$*" >&2; }

case ${1:-} in
  --help | -h) usage; exit 0 ;;
  --) shift ;;
esac

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$top/build/release

"$top/scripts/deps.sh" build

cd "$top"
if [[ ! -f $build/build.ninja ]]; then
  say "Configuring in build/release"
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  log=$(mktemp)
  # Without the unit tests: they need packages that running does not.
  cmake --preset release -DGATEWAY_TESTS=OFF >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  rm --force "$log"
fi
if [[ $(ninja -C "$build" -n ai-gateway 2>&1) != *'no work to do'* ]]; then
  say "Building (the first time takes a few minutes)"
  cmake --build "$build" --target ai-gateway --parallel "$(nproc)" >&2
fi
cd "$OLDPWD"

export GATEWAY_CONFIG=${GATEWAY_CONFIG:-$top/config/provider.json}
export GATEWAY_DATA=${GATEWAY_DATA:-$top/data}
export GATEWAY_LOGS=${GATEWAY_LOGS:-$top/logs}
exec "$build/ai-gateway" "$@"
