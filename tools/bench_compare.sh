#!/usr/bin/env bash
# Times dlcore beside PyTorch and onnxruntime on this machine, alternately, and prints one table of medians, ratios and
# spreads. Needs a build (tools/test.sh), and a Python that has what is to be compared with.
#
#   tools/bench_compare.sh [--python PYTHON] [--preset NAME] [--out FILE] [OPTION...]
#       --python PYTHON  which has torch, torchvision, onnxruntime, onnx: those that it lacks are left out
#       --preset NAME    the build, build/NAME; default: the one that fits this machine
#       --out FILE       also writes the table there, in place of this machine's earlier one: docs/performance.md
#       OPTION...        of tools/bench/compare.py: --rounds 5, --reps 9, --threads 2, --device cpu, --dtype float32,
#                        --compile (torch.compile too), --vocabulary 1004, --work NAME...
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python=python3 preset="" options=()
while [ $# -gt 0 ]; do
  case $1 in
    --python) python=$2 && shift 2 ;;
    --preset) preset=$2 && shift 2 ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" && exit 0 ;;
    *) options+=("$1") && shift ;;
  esac
done

bench="$root/build/${preset:-$(choose_preset)}/bin/dlcore_bench"
[ -x "$bench" ] || { echo "$bench is not there: build it first, tools/test.sh does" >&2 && exit 1; }
has() { "$python" -c "import $1" >/dev/null 2>&1; }
if has torch && has torchvision; then
  options+=(--torch "$root/tools/bench/torch_peer.py")
else
  echo "$python has no torch and torchvision: PyTorch is left out" >&2
fi
if has onnxruntime; then
  options+=(--onnxruntime "$root/tools/bench/onnxruntime_peer.py" --model "$root/build/regnet_x_400mf_trunk.onnx")
else
  echo "$python has no onnxruntime: it is left out" >&2
fi

# Peers wait as they are used to; dlcore's programs see to it themselves (tools/run_tool.cpp).
unset GOMP_SPINCOUNT
exec "$python" "$root/tools/bench/compare.py" --bench "$bench" "${options[@]}"
