#!/usr/bin/env bash
# From nothing to captions: installs, builds, draws the built-in scenes, trains a captioner on them, captions scenes it
# has not seen and shows how many of the captions are true: at least 90% must be, and not of other scenes. Options are
# handed to dlcore_train (tools/demo.sh --set train.epochs=2); then nothing is required. The results are in build/demo.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

demo=$root/build/demo
required=$(($# == 0 ? 90 : 0)) # percent
logs=$root/build/logs
mkdir -p "$demo"
step() { printf '\n== %s (after %d s)\n' "$*" "$SECONDS"; }

step "1/6 Packages"
"$root/tools/install_packages.sh"

preset=$(choose_preset)
if [ "$preset" = cuda ]; then have_nvcc; fi
step "2/6 Build, preset $preset"
(
  cd "$root"
  quietly "$logs/$preset-configure.log" cmake --preset "$preset"
  quietly "$logs/$preset-build.log" cmake --build --preset "$preset" -j "$jobs" \
    --target dlcore_prepare_program dlcore_train_program dlcore_caption_program
)
bin=$root/build/$preset/bin

step "3/6 Data: scenes of coloured shapes with captions"
"$bin/dlcore_prepare" scenes --out "$demo/scenes.h5" --count 40000 --seed 1

step "4/6 Training"
"$bin/dlcore_train" "$root/models/scenes_lstm.yaml" --set data.root="$demo" --out "$demo/run" --overwrite "$@"

step "5/6 Captions for the validation scenes, which the training has not seen"
"$bin/dlcore_caption" "$demo/run/model.safetensors" --features "$demo/scenes.h5" --split val \
  --out "$demo/captions.json" >"$demo/captions.txt"
echo "$(grep -c '"image_id"' "$demo/captions.json") captions in $demo/captions.json"

step "6/6 Pictures, captions and the truth"
"$bin/dlcore_prepare" show --file "$demo/scenes.h5" --split val --captions "$demo/captions.json" \
  --require "$required"
printf '\nDone after %d s. The model: %s\n' "$SECONDS" "$demo/run/model.safetensors"
