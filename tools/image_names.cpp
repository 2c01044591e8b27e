#include "tools/image_names.h"

#include "core/error.h"
#include "io/caption_annotations.h"

namespace dlcore {

namespace {

std::string without_folders(std::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));  // npos + 1 is 0
}

}  // namespace

void ImageNames::add(std::string_view name, std::size_t image) {
  std::string key = without_folders(name);
  if (key.empty()) return;
  Found& entry = found_[std::move(key)];
  if (entry.images > 0 && entry.image == image) return;
  entry.image = image;
  ++entry.images;
}

ImageNames::Found ImageNames::find(std::string_view name) const {
  const auto found = found_.find(without_folders(name));
  return found == found_.end() ? Found{} : found->second;
}

std::vector<std::int64_t> annotated_ids(const std::vector<std::string>& names,
                                        const std::string& annotations) {
  const std::vector<CaptionAnnotations::Image> images = read_caption_annotations(annotations).images;
  ImageNames known;
  for (std::size_t i = 0; i < images.size(); ++i) {
    known.add(images[i].file_name, i);
    known.add(images[i].url, i);
  }
  std::vector<std::int64_t> ids;
  for (const std::string& name : names) {
    const ImageNames::Found found = known.find(name);
    require(found.images == 1, "{}: {} of the images in {} have this file name, so that its id is not known",
            name, found.images == 0 ? "none" : fmt::format("{}", found.images), annotations);
    ids.push_back(images[found.image].id);
  }
  return ids;
}

}  // namespace dlcore
