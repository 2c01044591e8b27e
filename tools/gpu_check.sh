#!/usr/bin/env bash
# Everything that needs a GPU, in one call of at most ten minutes: builds for this machine's card, runs all tests, times
# dlcore on the card and on the CPU and, where PyTorch is, PyTorch on the card; then prints one table. cuDNN, too large
# to be packed, is the CUDA toolkit's or that of python3's PyTorch; elsewhere CUDNN_ROOT in the environment names its
# folder.
#
#   tools/gpu_check.sh [--deps DIR] [--out DIR]
#       --deps DIR     made by --pack, for a machine without the packages of tools/install_packages.sh
#       --out DIR      logs, times and the table go here; default build/gpu_check/results
#       --sanitize     also kernels under compute-sanitizer, for up to four minutes
#   tools/gpu_check.sh --build-only [--deps DIR] [--out DIR]
#       on a machine without a GPU: only configures and builds, to see that DIR has all that is needed
#   tools/gpu_check.sh --pack DIR
#       on a Debian-like machine: downloads the packages and the libraries that they need into DIR/prefix.tar.gz
#   tools/gpu_check.sh --table FILE...
#       prints the table of JSON lines that were measured before
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() { sed -n '/^#   tools/,/^set/{/^set/d;s/^# \{0,3\}//;p}' "${BASH_SOURCE[0]}"; }

# --- packing --------------------------------------------------------------------------------------------------------

# A package of each kind of library, by its development package; HDF5 without its C++, Fortran and high-level parts.
packed_packages() {
  local queue=(libdnnl-dev ocl-icd-opencl-dev opencl-c-headers libhdf5-dev libjpeg-dev libpng-dev libzip-dev libre2-dev
    libsimdjson-dev libstemmer-dev zlib1g-dev catch2 libyaml-cpp-dev libcli11-dev libfmt-dev libmicrohttpd-dev
    nlohmann-json3-dev ninja-build)
  local seen=" " package needed
  while [ ${#queue[@]} -gt 0 ]; do
    package=${queue[0]}
    queue=("${queue[@]:1}")
    case $seen in *" $package "*) continue ;; esac
    seen+="$package "
    echo "$package"
    # The first of alternatives; nothing that a compiler brings along, and no further development packages.
    while read -r needed; do
      case $needed in
        libjpeg*-dev) queue+=("$needed") ;; # libjpeg-dev is a name for one of several
        libc6 | libgcc-s1 | libstdc++6 | libgomp1 | libgfortran* | *-dev | *fortran* | *-hl-* | *-cpp-103* | *-cpp1*) ;;
        libsasl2-modules-db) ;; # found while running, and not needed
        lib* | zlib1g | ocl-icd-libopencl1) queue+=("$needed") ;;
      esac
    done < <(apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
      --no-pre-depends "$package" | awk '/Depends:/ { if (!after) print $NF; after = ($1 ~ /^\|/) }' | tr -d '<>')
  done
}

# One compressed file: oneDNN alone is 40 MiB unpacked, and such a prefix is made to be carried.
pack() {
  local folder=$1 work list package mebibytes
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    echo "--pack needs apt-get and dpkg-deb: run it on a Debian-like machine" >&2
    exit 1
  fi
  mkdir -p "$folder"
  work=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder's name as it is now
  trap "rm -rf '$work'" EXIT
  chmod 755 "$work" # apt-get downloads as another user
  mkdir "$work/packages" "$work/prefix"
  mapfile -t list < <(packed_packages)
  if ! (cd "$work/packages" && apt-get -q download "${list[@]}" >"$work/log" 2>&1 </dev/null); then
    cat "$work/log" >&2
    echo "The packages could not be downloaded; where the lists of packages are old or empty, apt-get update helps" >&2
    exit 1
  fi
  for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/prefix"; done
  (
    # Headers, shared libraries, CMake's files and ninja are what a build needs.
    cd "$work/prefix"
    rm -rf etc var usr/sbin usr/share/{doc,doc-base,man,locale,lintian,bash-completion,vim,zsh,emacs}
    rm -rf usr/lib/*/{engines-3,ossl-modules,sasl2,krb5}
    find . -name 'libhdf5*.a' -delete # the others are small, and CMake's files insist on some
    find . -name '*.mod' -delete      # Fortran's
    # Links from the system's root lead into this prefix; without libz.so a linker would take libz.a, which is not for
    # shared libraries.
    find . -type l -lname '/*' | while read -r link; do
      ln -sfn --relative ".$(readlink "$link")" "$link"
    done
    find . -xtype l -delete # links to what was left out
    # A compiler looks into its own system's folder for this processor, not into this one.
    for folder in usr/include/*-linux-gnu; do cp -r "$folder/." usr/include; done
    find . -type d -empty -delete
  )
  tar -C "$work/prefix" --owner=0 --group=0 -czf "$folder/prefix.tar.gz" .
  mebibytes=$(($(stat -c %s "$folder/prefix.tar.gz") / 1048576 + 1))
  echo "$folder/prefix.tar.gz: ${#list[@]} packages, $mebibytes MiB"
}

# --- checking -------------------------------------------------------------------------------------------------------

failed=()
limit=590 # seconds for everything

# step NAME SECONDS FILE COMMAND...: runs a step within its limit, its output in FILE and its errors beside it in
# errors.log, and says how long it took. A failure is remembered.
step() {
  local name=$1 most=$2 file=$3 begin=$SECONDS status=0 errors
  errors=$(dirname "$3")/errors.log
  shift 3
  if [ "$most" -gt $((limit - SECONDS)) ]; then most=$((limit - SECONDS)); fi
  if [ "$most" -lt 1 ]; then
    echo "$name: no time left"
    failed+=("$name")
    return 1
  fi
  echo "--- $name: $*" >>"$errors"
  timeout "$most" "$@" >"$file" 2>>"$errors" </dev/null || status=$?
  if [ "$status" -eq 0 ]; then
    echo "$name: $((SECONDS - begin)) s"
    return 0
  fi
  failed+=("$name")
  tail -n 60 "$file"
  sed -n "/^--- $name:/,\$p" "$errors" | tail -n 30
  if [ "$status" -eq 124 ]; then
    echo "$name: not done after $most s"
  else
    echo "$name: failed with exit code $status after $((SECONDS - begin)) s"
  fi
  return 1
}

# From dlcore_bench's and the peer's JSON lines in FILES: workload x system, milliseconds, and how they compare with
# dlcore on the card.
print_table() {
  cat "$@" 2>/dev/null | awk '
    function text(key,   part) {
      if (!match($0, "\"" key "\": *\"[^\"]*\"")) return ""
      part = substr($0, RSTART, RLENGTH); sub("^\"" key "\": *\"", "", part); sub("\"$", "", part); return part
    }
    function number(key,   part) {
      if (!match($0, "\"" key "\": *[-+0-9.eE]+")) return ""
      part = substr($0, RSTART, RLENGTH); sub("^\"" key "\": *", "", part); return part
    }
    /^ *\{/ {
      work = text("work"); if (work == "") next
      if (!(work in known)) { known[work] = 1; order[++works] = work }
      row = ++rows[work]
      system_[work, row] = text("system"); variant[work, row] = text("variant"); device[work, row] = text("device")
      type[work, row] = text("dtype"); ms[work, row] = number("ms"); peak[work, row] = number("fraction_of_peak")
      if (text("system") == "dlcore" && text("device") ~ /^cuda/ && !((work, text("dtype")) in ours))
        ours[work, text("dtype")] = number("ms")
    }
    END {
      if (!works) { print "no times were measured"; exit }
      line = "%-14s %-16s %-16s %-8s %-9s %10s %10s %8s\n"
      printf line, "work", "system", "variant", "device", "type", "ms", "x of ours", "of peak"
      for (i = 1; i <= works; ++i)
        for (r = 1; r <= rows[order[i]]; ++r) {
          w = order[i]
          first = (w, type[w, r]) in ours ? ours[w, type[w, r]] : 0
          ratio = first > 0 && ms[w, r] != "" ? sprintf("%.2f", ms[w, r] / first) : "-"
          printf line, w, system_[w, r], variant[w, r], device[w, r], type[w, r], \
            ms[w, r] == "" ? "failed" : sprintf("%.3f", ms[w, r]), ratio, \
            peak[w, r] == "" ? "-" : sprintf("%.0f%%", 100 * peak[w, r])
        }
      print "x of ours: the time over that of dlcore on the card, step by step, in the same type; of peak: share of the matrix-product rate measured there"
    }'
}

# The options that make CMake find the packages in a packed prefix, and the programs their libraries. An old-style
# RPATH also holds for the libraries of libraries, so no LD_LIBRARY_PATH disturbs the machine's own programs.
prefix_options() {
  local prefix=$1 libraries="" folder
  for folder in "$prefix"/usr/lib/*-linux-gnu "$prefix"/lib/*-linux-gnu; do
    if [ -d "$folder" ]; then libraries+="${libraries:+;}$folder"; fi
  done
  local hdf5 rpath="-Wl,--disable-new-dtags,-rpath-link,${libraries//;/:}"
  hdf5=$(echo "$prefix"/usr/lib/*-linux-gnu/hdf5/serial)
  echo "-DCMAKE_PREFIX_PATH=$prefix/usr"
  echo "-DCMAKE_INCLUDE_PATH=$prefix/usr/include/hdf5/serial"
  echo "-DCMAKE_LIBRARY_PATH=$hdf5;$libraries"
  echo "-DCMAKE_BUILD_RPATH=$libraries"
  echo "-DCMAKE_EXE_LINKER_FLAGS=$rpath"
  echo "-DCMAKE_SHARED_LINKER_FLAGS=$rpath"
  # HDF5's compiler wrapper would lead to the folders of the machine that it was made for.
  echo "-DHDF5_C_COMPILER_EXECUTABLE=HDF5_C_COMPILER_EXECUTABLE-NOTFOUND"
  echo "-DHDF5_NO_FIND_PACKAGE_CONFIG_FILE=ON"
}

# The recurrent layer alone and in training: all steps in one kernel (in training that is in the bench of everything),
# step by step, and cuDNN's, whose persistent algorithm may refuse sizes. One file for each in FOLDER, recurrent_*.jsonl.
time_recurrent() {
  local bench=$1 folder=$2 type cell
  for type in float32 bfloat16; do
    step "recurrent layers, $type" 40 "$folder/recurrent_whole_$type.jsonl" \
      "$bench" --device cuda --dtype "$type" --work recurrent || true
    step "recurrent layers step by step, $type" 40 "$folder/recurrent_steps_$type.jsonl" \
      "$bench" --device cuda --dtype "$type" --work recurrent rnn_train lstm_train --step-by-step || true
    step "cuDNN's recurrent layers, $type" 40 "$folder/recurrent_cudnn_$type.jsonl" \
      "$bench" --device cuda --dtype "$type" --work cudnn_rnn cudnn_lstm || true
    for cell in rnn lstm; do
      timeout 40 "$bench" --device cuda --dtype "$type" --work "cudnn_persist_$cell" 2>>"$folder/errors.log" \
        >>"$folder/recurrent_cudnn_$type.jsonl" || echo "cuDNN has no persistent $cell for these sizes in $type"
    done
  done
}

# Errors of memory and races in kernels, where the toolkit has compute-sanitizer, in the tests of those that share memory
# among threads or blocks. A run that its limit ends has found nothing until then.
sanitize() {
  local bin=$1 out=$2 tool
  if ! command -v compute-sanitizer >/dev/null; then
    echo "compute-sanitizer is not here: kernels are not checked for errors of memory and races"
    return
  fi
  for tool in memcheck racecheck; do
    step "$tool of kernels" 60 "$out/sanitizer_${tool}_kernels.log" compute-sanitizer --tool "$tool" --error-exitcode 9 \
      "$bin/test_kernels" 'convolution*,sums of columns*,batch_norm*,softmax of*,the gradient of gathering*' || true
    step "$tool of layers" 60 "$out/sanitizer_${tool}_layers.log" compute-sanitizer --tool "$tool" --error-exitcode 9 \
      "$bin/test_layers" 'a recurrent layer in one kernel*' || true
  done
}

check() {
  local deps=$1 out=$2 only_build=$3 build=$root/build/gpu_check architecture="" options=() type
  if ! have_nvcc; then
    echo "This machine has no nvcc, so there is nothing to check: tools/test.sh tests the CPU" >&2
    exit 1
  fi
  if ! have_gpu; then
    if [ "$only_build" = no ]; then
      echo "This machine has no GPU that its driver shows, so there is nothing to check: tools/test.sh tests the CPU" >&2
      exit 1
    fi
    architecture=90
  fi
  if [ -n "$deps" ]; then
    rm -rf "$build/deps"
    mkdir -p "$build/deps"
    tar -C "$build/deps" -xzf "$deps/prefix.tar.gz"
    deps=$build/deps
    export PATH="$PATH:$deps/usr/bin" # ninja, where the machine has none
    mapfile -t options < <(prefix_options "$deps")
  fi
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
  rm -f "$out"/{configure,build,tests,errors}.log "$out"/{cuda,cuda_bfloat16,cpu,peer}.jsonl "$out"/{recurrent,kernels}_*.jsonl "$out"/sanitizer_*.log "$out/table.txt"
  if [ -z "$architecture" ]; then
    architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | sed -n '1s/\.//p' || true)
  fi
  options+=("-DCMAKE_CUDA_ARCHITECTURES=${architecture:-native}")

  cd "$root"
  local built=no
  if step configure 60 "$out/configure.log" cmake --preset cuda --fresh -B "$build" "${options[@]}" &&
    step build 300 "$out/build.log" cmake --build "$build" -j "$jobs"; then
    built=yes
  fi
  if [ "$only_build" = no ]; then
    if [ "$built" = yes ]; then
      # Without those that build others' programs: a compiler finds the packed packages only when it is told where.
      step tests 200 "$out/tests.log" \
        ctest --test-dir "$build" -j "$jobs" --no-tests=error --output-on-failure -E '^install: ' || true
      step "bench on the card" 60 "$out/cuda.jsonl" "$build/bin/dlcore_bench" --device cuda || true
      step "bench on the card, bfloat16" 60 "$out/cuda_bfloat16.jsonl" \
        "$build/bin/dlcore_bench" --device cuda --dtype bfloat16 || true
      for type in float32 bfloat16; do # so large that launches do not count
        step "kernels on the card, $type" 60 "$out/kernels_$type.jsonl" \
          "$build/bin/dlcore_bench" --device cuda --dtype "$type" --work kernel --batch 8000 --reps 5 || true
      done
      time_recurrent "$build/bin/dlcore_bench" "$out"
      if [ "$sanitized" = yes ]; then sanitize "$build/bin" "$out"; fi
    fi
    if python3 -c 'import torch' 2>/dev/null; then
      step "PyTorch on the card" 100 "$out/peer.jsonl" \
        python3 tools/bench/torch_peer.py --device cuda --work rnn_train lstm_train greedy regnet_fwd regnet_train e2e_train || true
    else
      echo "PyTorch: python3 has no torch, so there is nothing to compare with"
    fi
    if [ "$built" = yes ]; then
      step "bench on the CPU" 60 "$out/cpu.jsonl" "$build/bin/dlcore_bench" --device cpu || true
    fi
    {
      echo
      nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null || true
      grep 'tests passed,' "$out/tests.log" 2>/dev/null || echo "the tests did not get to a summary"
      print_table "$out"/cuda.jsonl "$out"/cuda_bfloat16.jsonl "$out"/recurrent_*.jsonl "$out"/kernels_*.jsonl \
        "$out"/cpu.jsonl "$out"/peer.jsonl
      echo "whole run: $SECONDS s"
    } | tee "$out/table.txt"
  fi
  if [ ${#failed[@]} -gt 0 ]; then
    printf 'Failed: %s\n' "$(printf '%s, ' "${failed[@]}" | sed 's/, $//')" >&2
    exit 1
  fi
}

deps="" out=$root/build/gpu_check/results only_build=no sanitized=no
while [ $# -gt 0 ]; do
  case $1 in
    --deps | --out | --pack)
      if [ $# -lt 2 ]; then
        echo "$1 needs a value" >&2
        exit 2
      fi
      case $1 in
        --deps) deps=$2 ;;
        --out) out=$2 ;;
        --pack)
          pack "$2"
          exit 0
          ;;
      esac
      shift 2
      ;;
    --build-only)
      only_build=yes
      shift
      ;;
    --sanitize)
      sanitized=yes
      shift
      ;;
    --table)
      shift
      print_table "$@"
      exit 0
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      echo "There is no option $1" >&2
      usage >&2
      exit 2
      ;;
  esac
done
if [ -n "$deps" ] && [ ! -f "$deps/prefix.tar.gz" ]; then
  echo "$deps was not made by --pack: it has no prefix.tar.gz" >&2
  exit 1
fi
check "$deps" "$out" "$only_build"
