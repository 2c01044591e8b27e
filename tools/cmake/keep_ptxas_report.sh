#!/bin/sh
# Runs nvcc, as CMake's compiler launcher. What `ptxas -v` says of each kernel goes beside the object, into OBJECT.ptxas;
# everything else is printed as always.
#   keep_ptxas_report.sh NVCC ARGUMENT...
# With --table FILE... it prints those reports as one table, the kernels with the most registers first.
set -eu

if [ "${1-}" = --table ]; then
  shift
  printf '%-8s %9s %7s %6s %7s  %s\n' target registers shared stack spilled kernel
  awk '
    /Compiling entry function/ { split($0, part, "\047"); kernel = part[2]; target = part[4] }
    /bytes stack frame/        { stack = $1; spilled = $5 + $9 }
    / Used [0-9]+ registers/   {
      shared = 0
      for (i = 1; i <= NF; ++i) {
        if ($i == "registers,") registers = $(i - 1)
        if ($i ~ /^smem/) shared = $(i - 2)
      }
      printf "%-8s %9d %7d %6d %7d  %s\n", target, registers, shared, stack, spilled, kernel
    }' "$@" | sort -k1,1 -k2,2nr -k6 | c++filt
  exit
fi

object=
previous=
for argument in "$@"; do
  [ "$previous" = -o ] && object=$argument
  previous=$argument
done
[ -n "$object" ] || exec "$@"
status=0
"$@" 2>"$object.said" || status=$?
grep -E '^ptxas info|bytes stack frame' "$object.said" >"$object.ptxas" || :
grep -vE '^ptxas info|bytes stack frame' "$object.said" >&2 || :
rm -f "$object.said"
exit $status
