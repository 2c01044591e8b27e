#include "tests/coco/coco_fixture.h"

#include <algorithm>
#include <filesystem>

#include "core/random.h"
#include "io/atomic_file.h"
#include "io/image_write.h"
#include "io/json_text.h"

namespace dlcore::test {

void QuarterMeans::extract(std::span<const Image> images, std::span<float> features) {
  ++calls;
  most = std::max(most, static_cast<std::int64_t>(images.size()));
  std::fill(features.begin(), features.end(), 0.0f);
  const std::int64_t half = size_ / 2;
  for (std::size_t n = 0; n < images.size(); ++n)
    for (std::int64_t y = 0; y < size_; ++y)
      for (std::int64_t x = 0; x < size_; ++x)
        for (std::int64_t c = 0; c < 3; ++c)
          features[n * 12 + static_cast<std::size_t>(c * 4 + y / half * 2 + x / half)] +=
              static_cast<float>(images[n].pixels[static_cast<std::size_t>((y * size_ + x) * 3 + c)]) /
              static_cast<float>(half * half);
  for (std::size_t n = 0; n < images.size(); ++n) features[n * 12 + 11] += static_cast<float>(images.size());
}

std::string CocoSet::name(int picture) {
  return "picture_" + std::to_string(picture) + (picture % 2 == 0 ? ".png" : ".jpg");
}

CocoSet::CocoSet(int count, int side) {
  std::filesystem::create_directory(images());
  Random random(17);
  for (int i = 0; i < count; ++i) {
    Image image{side + i % 7, side + i % 5, {}};
    image.pixels.resize(static_cast<std::size_t>(image.height * image.width * 3));
    for (auto& value : image.pixels) value = static_cast<std::uint8_t>((i * 31 + random.below(40)) % 256);
    if (i % 2 == 0)
      write_png(images() + "/" + name(i), image);
    else
      write_jpeg(images() + "/" + name(i), image);
    json["images"].push_back(
        {{"id", 1000 + i}, {"file_name", name(i)}, {"split", i % 4 == 3 ? "val" : "train"}});
    json["annotations"].push_back(
        {{"image_id", 1000 + i}, {"id", 2 * i}, {"caption", "A picture, number " + std::to_string(i) + "."}});
    json["annotations"].push_back({{"image_id", 1000 + i}, {"id", 2 * i + 1}, {"caption", "It isn't a cat"}});
  }
  write();
}

void CocoSet::write() const {
  write_file_atomically(folder.file("annotations.json"), to_text(json));
}

CocoOptions CocoSet::options() const {
  CocoOptions options;
  options.source.annotations = folder.file("annotations.json");
  options.source.images = images();
  options.out = out();
  options.store_images = 16;
  options.min_count = 2;
  options.threads = 2;
  return options;
}

}  // namespace dlcore::test
