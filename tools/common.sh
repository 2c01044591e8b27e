# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, what to build, and steps that are quiet unless they fail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

# Threads that wait should soon sleep: several test programs share the processors, and OpenMP's default, to wait long in
# a busy loop, was measured to cost a factor of five to ten then. (The programs of tools/ see to that themselves.)
export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-10000}"

# The CUDA toolkit's usual place is often not in PATH.
have_nvcc() {
  command -v nvcc >/dev/null && return 0
  [ -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ] || return 1
  export PATH="$PATH:${CUDA_HOME:-/usr/local/cuda}/bin"
}

have_gpu() {
  if command -v nvidia-smi >/dev/null; then
    nvidia-smi -L 2>/dev/null | grep -q '^GPU '
  else
    [ -e /dev/nvidia0 ]
  fi
}

# The preset that fits this machine.
choose_preset() {
  if have_nvcc && have_gpu; then echo cuda; else echo cpu; fi
}

# quietly LOG COMMAND...: the output goes to LOG; where the command fails, the end of LOG is shown.
quietly() {
  local log=$1 status=0
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 100 "$log"
    echo "This failed with exit code $status: $* (the whole output: $log)"
  fi >&2
  return "$status"
}

# build_preset PRESET LOG: configures and builds build/PRESET.
build_preset() {
  local preset=$1 log=$2
  (cd "$root" && quietly "$log-configure.log" cmake --preset "$preset" &&
    quietly "$log-build.log" cmake --build --preset "$preset" -j "$jobs")
}
