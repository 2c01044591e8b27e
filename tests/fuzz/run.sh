#!/bin/sh
# Fuzzes one target: tests/fuzz/run.sh TARGET SECONDS [libFuzzer's options], or keeps of what was found the few inputs
# that reach most: tests/fuzz/run.sh TARGET merge. Findings go to build/fuzz/findings/TARGET, inputs to
# build/fuzz/corpus/TARGET. CXX names the compiler, a clang of version 14 or newer with libFuzzer.
set -eu
if [ $# -lt 2 ]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi
target=$1 seconds=$2
shift 2
cd "$(dirname "$0")/../.."
build=$PWD/build/fuzz kept=$PWD/tests/fuzz/corpus/$target

# The first compiler that has libFuzzer, which is a package of its own in many distributions.
find_clang() {
  tried=$(mktemp) # not /dev/null, which a clang of root's removes where it fails
  trap 'rm -f "$tried"' EXIT
  for compiler in ${CXX:-} clang++ clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14; do
    if echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, long) { return 0; }' |
      "$compiler" -x c++ -fsanitize=fuzzer,address - -o "$tried" 2> /dev/null; then
      echo "$compiler"
      return
    fi
  done
  echo "no clang with libFuzzer: install clang and libclang-rt-dev (Debian 12: libclang-rt-14-dev)" >&2
  exit 1
}

if [ ! -f "$build/build.ninja" ]; then
  compiler=$(find_clang)
  cmake --preset fuzz -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_C_COMPILER="$(echo "$compiler" | sed 's/clang++/clang/')"
fi
cmake --build "$build" --target "fuzz_$target"
mkdir -p "$build/corpus/$target" "$build/findings/$target" "$kept"

# MiB that one allocation may take: what the readers' headers say, and a little more. Inputs in bytes, seconds for one.
memory=64 length=8192 patience=10
case $target in
  # The HDF5 library asks for what a damaged file says and is content where malloc says no, as it does here.
  hdf5 | hdf5_layout) # a process that tries a file has 10 s of processor time
    memory=0 length=16384 patience=60
    export ASAN_OPTIONS="allocator_may_return_null=1:max_allocation_size_mb=256"
    ;;
  torch) memory=160 length=16384 ;;
  checkpoint | model | network) memory=256 ;;
  http) memory=256 patience=60 ;; # the first input starts the server
  jpeg | png | idx) memory=32 ;;
esac

if [ "$seconds" = merge ]; then
  # Beyond the inputs with names of their own, which are kept.
  "$build/bin/fuzz_$target" -merge=1 -use_counters=0 -max_len=4096 -timeout=$patience -rss_limit_mb=1500 "$kept" "$build/corpus/$target"
  exit
fi
if [ -f "tests/fuzz/$target.dict" ]; then
  set -- -dict="$PWD/tests/fuzz/$target.dict" "$@"
fi
UBSAN_OPTIONS=print_stacktrace=1 exec "$build/bin/fuzz_$target" "$build/corpus/$target" "$kept" \
  -max_total_time="$seconds" -timeout=$patience -malloc_limit_mb=$memory -rss_limit_mb=1500 -max_len=$length \
  -artifact_prefix="$build/findings/$target/" -print_final_stats=1 "$@"
