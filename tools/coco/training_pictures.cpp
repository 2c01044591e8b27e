#include "tools/coco/training_pictures.h"

#include <utility>

#include "core/error.h"
#include "models/caption_task.h"

namespace dlcore {

std::optional<CocoOptions> training_pictures(const Config& config) {
  const auto& data = config.data;
  if (data.annotations.empty()) {
    const std::pair<const char*, const std::string*> useless[] = {
        {"data.images", &data.images},
        {"data.val_annotations", &data.val_annotations},
        {"data.val_images", &data.val_images}};
    for (const auto& [key, value] : useless)
      require(value->empty(), "{} is given, but no data.annotations, which has the captions of the pictures",
              key);
    return std::nullopt;
  }
  require(config.from_pictures(),
          "data.annotations is for training an encoder on the pictures, but model.encoder is empty; features "
          "of the pictures are made with dlcore_prepare coco --encoder");
  require(!data.images.empty(), "data.annotations needs data.images, the folder with the pictures");
  require(!data.file.empty(), "data.annotations needs data.file, the data file that is made from it");
  check_data_source(config);
  CocoOptions options;
  options.source.annotations = data.located(data.annotations);
  options.source.images = data.located(data.images);
  options.source.val_annotations = data.located(data.val_annotations);
  options.source.val_images = data.located(data.val_images);
  options.out = data.located(data.file);
  options.store_images = data.image_size;
  options.min_count = data.min_count;
  options.max_words = data.max_words;
  return options;
}

}  // namespace dlcore
