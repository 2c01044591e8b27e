#!/usr/bin/env bash
# tidy.sh [FOLDER...]: clang-tidy with the checks of .clang-tidy over all C++ sources, or those of these folders, as preset
# cpu compiles them. About ten seconds of a processor for each file.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The newest of Debian's packages; 16 is the oldest that knows C++20 well enough.
runner=()
for version in {30..16}; do
  if command -v "run-clang-tidy-$version" >/dev/null; then
    runner=(run-clang-tidy-"$version" -clang-tidy-binary clang-tidy-"$version")
    break
  fi
done
if [ ${#runner[@]} -eq 0 ]; then
  echo "tidy.sh needs clang-tidy 16 or newer: apt install clang-tidy-16 clang-tools-16 libomp-16-dev" >&2
  exit 1
fi

[ $# -gt 0 ] || set -- core io kernels layers models tools tests
build_preset cpu "$root/build/logs/cpu" # makes the headers that are generated, too
folders=$(IFS='|'; echo "$*")
cd "$root"
"${runner[@]}" -quiet -j "$jobs" -p build/cpu "^$root/($folders)/.*\.(cpp|cu)\$"
