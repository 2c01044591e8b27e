#include "tools/examples/prepare_idx.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/format.h"
#include "io/example_file.h"
#include "io/idx_file.h"
#include "tools/examples/validation_share.h"

namespace dlcore {

namespace {

struct Pictures {
  Shape shape;  // (H, W, channels)
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;

  std::span<const std::uint8_t> picture(std::size_t row) const {
    const auto size = static_cast<std::size_t>(shape.numel());
    return std::span(pixels).subspan(row * size, size);
  }
};

Pictures read_pictures(const std::string& images_path, const std::string& labels_path) {
  IdxFile images = read_idx(images_path), labels = read_idx(labels_path);
  const Shape& shape = images.shape;
  require(shape.rank() > 1 || labels.shape.rank() == 1 || labels.shape.rank() == 2,
          "labels and images are exchanged: {} has the shape {}, {} has {}", images_path, shape, labels_path,
          labels.shape);
  require(shape.rank() == 3 || shape.rank() == 4,
          "{} should hold pictures, of the shape [n, H, W] or [n, H, W, channels], but has {}", images_path,
          shape);
  require(labels.shape.rank() == 1, "{} should hold labels, of the shape [n], but has {}", labels_path,
          labels.shape);
  require(shape[0] == labels.shape[0], "{} has {} pictures, but {} has {} labels", images_path, shape[0],
          labels_path, labels.shape[0]);
  require(shape[0] > 0, "{} has no pictures", images_path);
  return {{shape[1], shape[2], shape.rank() == 4 ? shape[3] : 1},
          std::move(images.values),
          {labels.values.begin(), labels.values.end()}};
}

void add_all(ExampleFileWriter& writer, const std::string& split, const Pictures& pictures) {
  for (std::size_t i = 0; i < pictures.labels.size(); ++i)
    writer.add(split, pictures.picture(i), pictures.labels[i]);
}

}  // namespace

ExampleReport prepare_idx(const IdxOptions& options) {
  require(options.val_images.empty() == options.val_labels.empty(),
          "--val-images and --val-labels belong together: {} is missing",
          options.val_images.empty() ? "--val-images" : "--val-labels");
  ExampleReport report;
  const Pictures train = read_pictures(options.images, options.labels);
  ExampleFileWriter writer(options.out, {.input_shape = train.shape, .creator = "dlcore_prepare idx"});
  std::int32_t largest = *std::max_element(train.labels.begin(), train.labels.end());
  if (options.val_images.empty()) {
    const std::vector<bool> chosen = choose_validation(train.labels, options.val_share, options.seed);
    for (std::size_t i = 0; i < train.labels.size(); ++i)
      writer.add(chosen[i] ? "val" : "train", train.picture(i), train.labels[i]);
    report.notes.push_back(fmt::format(
        "no files for validation are named: a share of {} of each class is drawn", options.val_share));
  } else {
    const Pictures val = read_pictures(options.val_images, options.val_labels);
    require(val.shape == train.shape, "{} has pictures of the shape {}, but {} of {}", options.val_images,
            val.shape, options.images, train.shape);
    add_all(writer, "train", train);
    add_all(writer, "val", val);
    largest = std::max(largest, *std::max_element(val.labels.begin(), val.labels.end()));
  }
  for (const std::string name : {"train", "val"})
    if (writer.count(name) > 0) report.splits.emplace_back(name, writer.count(name));
  writer.finish();
  report.classes = largest + 1;
  report.inputs =
      fmt::format("pictures of {} x {} x {} bytes", train.shape[0], train.shape[1], train.shape[2]);
  return report;
}

}  // namespace dlcore
