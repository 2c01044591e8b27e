#include "io/stored_images.h"

#include "core/error.h"
#include "core/format.h"
#include "io/layout.h"

namespace dlcore {

namespace {

Hdf5Dataset open_images(const Hdf5File& file, const std::string& split) {
  check_data_file(file);
  require(file.contains(split), "{} has no split {}", file.path(), split);
  require(file.contains(split + "/images"),
          "{} has no stored pictures in its split {}: dlcore_prepare coco stores them with --store-images",
          file.path(), split);
  return file.dataset(split + "/images");
}

}  // namespace

ImageStore::ImageStore(const std::string& path, const std::string& split)
    : data_(open_images(Hdf5File::open(path), split)) {
  const Shape shape = data_.shape();
  require(data_.type().name == "uint8", "{} should hold uint8, but holds {}", data_.where(),
          data_.type().name);
  require(shape.rank() == 4 && shape[1] == shape[2] && shape[3] == 3,
          "{} should have the shape [n, S, S, 3], but has {}", data_.where(), shape);
  require(shape[0] > 0 && shape[1] > 0, "{} is empty: its shape is {}", data_.where(), shape);
  require(shape[1] <= 65536, "{} has pictures of {} pixels a side", data_.where(), shape[1]);
  data_.require_plausible_size();
  count_ = shape[0];
  size_ = shape[1];
  description_ = Hdf5File::open(path).text_attribute("images").value_or("");
}

void ImageStore::read(std::int64_t row, std::span<std::uint8_t> pixels) const {
  if (row < 0 || row >= count_) fail("row {} is outside {}, which has {} rows", row, data_.where(), count_);
  if (static_cast<std::int64_t>(pixels.size()) != bytes())
    fail("a picture of {} has {} bytes, not {}", data_.where(), bytes(), pixels.size());
  data_.read_rows_raw(row, 1, pixels.data());
}

}  // namespace dlcore
