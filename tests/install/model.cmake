# Pictures, and a small model of them: made by the installed programs.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
run("${PREFIX}/bin/dlcore_prepare" scenes --out "${WORK}/scenes" --count 400 --size 32 --seed 1 --objects 1)
run("${PREFIX}/bin/dlcore_train" "${PREFIX}/share/dlcore/models/scenes_singles.yaml" --device cpu --quiet
  --set data.root=${WORK} --set data.file=singles.h5 --set data.annotations=scenes/train.json --set data.images=scenes/train
  --set data.val_annotations=scenes/val.json --set data.val_images=scenes/val --set data.image_size=32 --set model.level=c2
  --set model.hidden_dim=32 --set model.wordvec_dim=16 --set train.epochs=2 --set train.gallery_images=0
  --out "${WORK}/singles_run" --overwrite)
