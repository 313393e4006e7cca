#!/usr/bin/env bash
# Installs the Debian packages that building, testing or measuring the gateway needs, and nothing when all are there.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/deps.sh [GROUP...] [--list] [--help]

Installs missing Debian packages through apt (Debian 12 or newer; asks for sudo only if you are not root).

Groups (default: build)
  build   compiler, CMake, Ninja and the libraries
  test    clang with its sanitizers and libFuzzer, doctest, the zone database, Chromium; Node.js >= 18 and npm
          (each only where it is not on PATH yet)
  bench   nginx, wrk

  --list  print the packages that are missing, install nothing
TEXT
}

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'deps.sh: %s\n' "$*" >&2; exit 1; }

build_packages=(g++ cmake ninja-build pkgconf ca-certificates
  libcpp-httplib-dev nlohmann-json3-dev libsimdjson-dev libspdlog-dev libfmt-dev libssl-dev zlib1g-dev libbrotli-dev
  libcli11-dev)
test_packages=(clang libclang-rt-dev llvm doctest-dev tzdata chromium)
bench_packages=(nginx wrk)

# Node may come from elsewhere (a version manager, another repository): what counts is the version on PATH.
node_packages() {
  local version
  version=$(node --version 2>/dev/null || true)
  version=${version#v}
  [[ ${version%%.*} =~ ^[0-9]+$ ]] && ((${version%%.*} >= 18)) || echo nodejs
  command -v npm >/dev/null || echo npm
}

# The packages among the arguments that are not installed, one a line.
missing_of() {
  local installed
  installed=$(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
  local package
  for package in "$@"; do
    grep --quiet --line-regexp --fixed-strings "$package installed" <<<"$installed" || echo "$package"
  done
}

require_debian() {
  local ID='' VERSION_ID='' PRETTY_NAME='an unknown system'
  [[ -r /etc/os-release ]] && . /etc/os-release
  # testing and unstable have no VERSION_ID: they are newer than every release.
  if [[ $ID != debian ]] || { [[ -n $VERSION_ID ]] && ((${VERSION_ID%%.*} < 12)); }; then
    die "Debian 12 or newer is needed, and this is $PRETTY_NAME. Run it in a container instead: docker compose up -d"
  fi
}

install() {
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "not root, and no sudo; run as root: apt-get install --no-install-recommends $*"
    say "sudo is needed to install packages"
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  say "Installing $*"
  local log unknown=() package
  log=$(mktemp)
  "${as_root[@]}" apt-get --quiet update >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get update failed"; }
  for package in "$@"; do
    [[ -n $(apt-cache search --names-only "^${package//+/\\+}\$") ]] || unknown+=("$package")
  done
  ((${#unknown[@]} == 0)) ||
    die "apt knows no package ${unknown[*]}: is Debian's component main among its sources (/etc/apt/sources.list.d)?"
  "${as_root[@]}" apt-get --quiet --yes --no-install-recommends install "$@" >"$log" 2>&1 </dev/null ||
    { tail -n 30 "$log" >&2; die "apt-get install failed (its whole output: $log)"; }
  rm --force "$log"
}

packages=()
list_only=false
(($# > 0)) || set -- build
for argument in "$@"; do
  case $argument in
    build) packages+=("${build_packages[@]}") ;;
    test) mapfile -t -O "${#packages[@]}" packages < <(printf '%s\n' "${test_packages[@]}" && node_packages) ;;
    bench) packages+=("${bench_packages[@]}") ;;
    --list) list_only=true ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; die "unknown argument: $argument" ;;
  esac
done
((${#packages[@]} > 0)) || packages=("${build_packages[@]}")

require_debian
mapfile -t missing < <(missing_of "${packages[@]}")
if $list_only; then
  ((${#missing[@]} == 0)) || printf '%s\n' "${missing[@]}"
elif ((${#missing[@]} > 0)); then
  install "${missing[@]}"
  mapfile -t missing < <(missing_of "${missing[@]}")
  ((${#missing[@]} == 0)) || die "still missing after the installation: ${missing[*]}"
fi
