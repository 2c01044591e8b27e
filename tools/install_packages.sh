#!/usr/bin/env bash
# install_packages.sh [PACKAGE...]: installs what building and testing dlcore needs, and these packages, on Debian 12,
# Ubuntu 22.04 and newer. Only what is missing: where nothing is, it does nothing and needs no network.
set -euo pipefail

# libdnnl-dev only recommends ocl-icd-opencl-dev, but its CMake package does not work without.
packages=(build-essential cmake ninja-build libdnnl-dev ocl-icd-opencl-dev libhdf5-dev zlib1g-dev libjpeg-dev
  libpng-dev libzip-dev catch2 libyaml-cpp-dev libcli11-dev libfmt-dev nlohmann-json3-dev libre2-dev libsimdjson-dev
  libstemmer-dev libmicrohttpd-dev pkg-config "$@")
formatter=clang-format-14 # for the format check of tools/test.sh, which is skipped without

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# A cmake, ninja, pkg-config or clang-format from elsewhere is as good as the package's.
wanted() {
  case $1 in
    cmake) ! command -v cmake >/dev/null ;;
    ninja-build) ! command -v ninja >/dev/null ;;
    pkg-config) ! command -v pkg-config >/dev/null ;;
    "$formatter") ! command -v "$formatter" >/dev/null && ! clang-format --version 2>/dev/null | grep -q 'version 14\.' ;;
    *) ! installed "$1" ;;
  esac
}

known() {
  [ -n "$(apt-cache search --names-only "^$1\$" 2>/dev/null)" ]
}

check_cmake() {
  local version
  version=$(cmake --version | sed -n 's/^cmake version //p')
  if [ "$(printf '%s\n' 3.25 "$version" | sort -V | head -n 1)" != 3.25 ]; then
    echo "CMake $version is too old: dlcore needs 3.25 or newer (cmake.org/download, or: pip install cmake)." >&2
    exit 1
  fi
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian-like system: install these packages, or what they are called here: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  if wanted "$package"; then missing+=("$package"); fi
done
if wanted "$formatter" && { [ ${#missing[@]} -gt 0 ] || known "$formatter"; }; then missing+=("$formatter"); fi
if [ ${#missing[@]} -eq 0 ]; then
  check_cmake
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  # Only a person at a terminal can be asked for a password.
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }; }; then
    as_root=(sudo)
  else
    echo "Installing packages needs root or sudo; missing are: ${missing[*]}" >&2
    exit 1
  fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
    >"$log" 2>&1 </dev/null; then
    tail -n 40 "$log" >&2
    echo "This failed: apt-get $*" >&2
    exit 1
  fi
}

echo "Installing ${missing[*]}"
apt update
if [ "${missing[-1]}" = "$formatter" ] && ! known "$formatter"; then unset 'missing[-1]'; fi
if [ ${#missing[@]} -gt 0 ]; then apt install --no-install-recommends "${missing[@]}"; fi
check_cmake
