#!/usr/bin/env bash
# From nothing to captions: installs, builds, draws the built-in scenes, trains an encoder and a captioner on their
# pictures, captions scenes that it has not seen and shows how many of the captions are true: at least 90% must be, and
# not of other scenes. Options are handed to the second dlcore_train (tools/demo.sh --set train.epochs=2); then nothing
# is required. The results are in build/demo.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

demo=$root/build/demo
required=$(($# == 0 ? 90 : 0)) # percent
logs=$root/build/logs
mkdir -p "$demo"
step() { printf '\n== %s (after %d s)\n' "$*" "$SECONDS"; }

step "1/7 Packages"
"$root/tools/install_packages.sh"

preset=$(choose_preset)
if [ "$preset" = cuda ]; then have_nvcc; fi
step "2/7 Build, preset $preset"
(
  cd "$root"
  quietly "$logs/$preset-configure.log" cmake --preset "$preset"
  quietly "$logs/$preset-build.log" cmake --build --preset "$preset" -j "$jobs" \
    --target dlcore_prepare_program dlcore_train_program dlcore_caption_program dlcore_serve_program
)
bin=$root/build/$preset/bin

step "3/7 Data: pictures of coloured shapes with captions, of one shape and of up to three"
rm -f "$demo/singles.h5" "$demo/scenes.h5" # made of other pictures, perhaps
"$bin/dlcore_prepare" scenes --out "$demo/singles" --count 11000 --size 64 --seed 2 --objects 1
"$bin/dlcore_prepare" scenes --out "$demo/scenes" --count 44000 --size 64 --seed 1

step "4/7 Training on single shapes, for the encoder"
"$bin/dlcore_train" "$root/models/scenes_singles.yaml" --set data.root="$demo" --out "$demo/singles_run" --overwrite

step "5/7 Training on scenes"
"$bin/dlcore_train" "$root/models/scenes_e2e.yaml" --set data.root="$demo" \
  --set model.encoder_weights="$demo/singles_run/model.safetensors" --out "$demo/run" --overwrite "$@"

step "6/7 Captions for the validation scenes, which the training has not seen"
"$bin/dlcore_caption" "$demo/run/model.safetensors" "$demo/scenes/val" --annotations "$demo/scenes/val.json" \
  --out "$demo/captions.json" >"$demo/captions.txt"
echo "$(grep -c '"image_id"' "$demo/captions.json") captions in $demo/captions.json"

step "7/7 Pictures, captions and the truth"
"$bin/dlcore_prepare" show --annotations "$demo/scenes/val.json" --captions "$demo/captions.json" \
  --require "$required"
printf '\nDone after %d s. The model: %s, and how it was trained: %s\n' "$SECONDS" "$demo/run/model.safetensors" "$demo/run/report.html"
printf 'Drop pictures on it: %s %s\n' "$bin/dlcore_serve" "$demo/run/model.safetensors"
