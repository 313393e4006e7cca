#!/bin/sh
# The container's entry: makes data and logs writable, gives up root, and becomes the gateway.
set -eu

# A command that serves nothing needs no folders.
case ${1:-} in
  check | health | --help | -h | --version) exec ai-gateway "$@" ;;
esac

data=${GATEWAY_DATA:-/app/data}
logs=${GATEWAY_LOGS:-/app/logs}

if [ "$(id -u)" = 0 ]; then
  # A fresh clone's folders belong to whoever cloned, and Docker makes missing ones root's. Where chown is not
  # allowed (a read-only or network file system) the check below says what to do.
  mkdir -p "$data" "$logs" 2>/dev/null || true
  find "$data" "$logs" ! -user gateway -exec chown --no-dereference gateway:gateway {} + 2>/dev/null || true
  exec setpriv --reuid gateway --regid gateway --clear-groups --inh-caps=-all --no-new-privs "$0" "$@"
fi

for folder in "$data" "$logs"; do
  if ! { mkdir -p "$folder" && probe=$(mktemp "$folder/.writable.XXXXXX") && rm "$probe"; } 2>/dev/null; then
    echo "ai-gateway: the folder $folder can't be written by uid $(id -u), so nothing was started." >&2
    echo "  Give it to that user, on the host:  sudo chown -R $(id -u):$(id -g) ./$(basename "$folder")" >&2
    echo "  (that is the folder mounted at $folder; a mount must not be read-only, its disk not full)" >&2
    exit 1
  fi
done

exec ai-gateway "$@"
