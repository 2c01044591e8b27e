#!/usr/bin/env bash
# Installs what is missing, checks the format, builds and runs all tests. The last line is ctest's summary.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

sources() {
  cd "$root"
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -z -- '*.h' '*.cpp' '*.cu'
  else
    find core io kernels layers models tests tools -name '*.h' -print0 -o -name '*.cpp' -print0 -o -name '*.cu' -print0
  fi
}

# Another version formats some lines in another way, so only the one that the sources were formatted with can judge.
check_format() {
  local program=""
  for program in clang-format-14 clang-format ""; do
    if [ -n "$program" ] && "$program" --version 2>/dev/null | grep -q 'version 14\.'; then break; fi
  done
  if [ -z "$program" ]; then
    echo "Format: not checked, clang-format 14 is not installed"
    return 0
  fi
  echo "Format"
  (cd "$root" && quietly "$logs/format.log" format_all "$program")
}
format_all() { sources | xargs -0 -r "$1" --dry-run -Werror; }

run_tests() {
  local log=$logs/ctest.log status=0
  ctest --test-dir "$root/build/$preset" -j "$jobs" --timeout 600 --no-tests=error --output-on-failure \
    >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    grep -vE ' +Passed +[0-9.]+ sec$|^ +Start +[0-9]+:' "$log" >&2 || true
    exit "$status"
  fi
  # What did not run, and why not, then the summary.
  sed -n '/^The following tests did not run/,$p' "$log"
  grep '^Total Test time' "$log"
  grep 'tests passed,' "$log"
}

preset=$(choose_preset)
if [ "$preset" = cuda ]; then have_nvcc; fi
logs=$root/build/logs
mkdir -p "$logs"

"$root/tools/install_packages.sh"
check_format
echo "Build: preset $preset, $jobs jobs"
build_preset "$preset" "$logs/$preset"
echo "Tests"
run_tests
