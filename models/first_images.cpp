#include "models/first_images.h"

#include <algorithm>

namespace dlcore {

FirstImages::FirstImages(const CaptionSplit& split, const Vocabulary& vocabulary, std::int64_t images)
    : places(static_cast<std::size_t>(split.images.count()), -1) {
  for (const std::int32_t image : split.image_idxs) {
    if (count() == images) break;
    std::int32_t& number = places[static_cast<std::size_t>(image)];
    if (number >= 0) continue;
    number = static_cast<std::int32_t>(count());
    rows.push_back(image);
  }
  references.resize(rows.size());
  for (std::int64_t row = 0; row < split.count(); ++row) {
    const std::int32_t image = split.image_idxs[static_cast<std::size_t>(row)];
    if (places[static_cast<std::size_t>(image)] >= 0)
      references[place(image)].push_back(vocabulary.decode(split.caption(row)));
  }
}

DataLoader::Options FirstImages::loading(DataLoader::Options options) const {
  options.captions_per_image = 1;
  options.limit = count();
  options.batch = std::min(options.batch, count());
  return options;
}

}  // namespace dlcore
