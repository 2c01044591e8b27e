#!/usr/bin/env bash
# coverage.sh [CTEST OPTIONS]: runs the tests of preset coverage and says which part of each folder's lines they reach, with
# gcovr. Fails below 90 % in one of the libraries. build/coverage/lines.html shows the lines.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v gcovr >/dev/null || { echo "coverage.sh needs gcovr: apt install gcovr" >&2; exit 1; }
build=$root/build/coverage
build_preset coverage "$root/build/logs/coverage"
find "$build" -name '*.gcda' -delete
status=0
# Without the one whose limit for the size of files the counters' own files meet.
ctest --test-dir "$build" -j "$jobs" -E 'a file may not become as large' --timeout 1200 --no-tests=error --output-on-failure "$@" \
  >"$root/build/logs/coverage-ctest.log" 2>&1 </dev/null || status=$?
grep 'tests passed,' "$root/build/logs/coverage-ctest.log"

cd "$root"
# Not what stands in for CUDA in a build without: functions that fail, or that nothing calls.
gcovr --root . --exclude core/no_cuda_backend.cpp --exclude kernels/cuda/ --exclude tests/ --json "$build/lines.json" -j "$jobs" "$build" >/dev/null
gcovr --root . -a "$build/lines.json" --html-details "$build/lines.html"
for folder in core kernels layers models io tools; do
  least=$([ $folder = tools ] && echo 0 || echo 90)
  summary=$(gcovr --root . -a "$build/lines.json" --filter "$folder/" --print-summary --output /dev/null \
    --fail-under-line "$least" 2>/dev/null) || status=$?
  printf '%-8s %s\n' "$folder" "$(sed -n 's/^lines: *//p' <<<"$summary")"
done
exit "$status"
