#include "io/photo_source.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "io/hdf5.h"
#include "io/json_text.h"

namespace dlcore {
namespace {

namespace fs = std::filesystem;

bool is_url(const std::string& name) {
  return name.find("://") != std::string::npos;
}

// "http://host/a/b.jpg?size=1" -> "b.jpg", "a/b.jpg" -> "b.jpg"
std::string last_part(const std::string& name) {
  const std::string path = is_url(name) ? name.substr(0, name.find_first_of("?#")) : name;
  return path.substr(path.find_last_of('/') + 1);
}

// Data from elsewhere shall not lead out of the folder.
bool stays_inside(const std::string& name) {
  const fs::path path(name);
  return path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
}

bool says_pixels(const ImageSet& images) {
  const Shape& shape = images.features.row_shape();
  if (shape.rank() != 3 || shape[0] != 3 || images.features_description.empty()) return false;
  const auto json = parse_json_if_valid(images.features_description);
  return json.is_object() && json.value("kind", nlohmann::json()) == "pixels" &&
         json.value("range", nlohmann::json()) == nlohmann::json{0, 1};
}

}  // namespace

PhotoSource::PhotoSource(const ImageSet& images, const std::string& folder)
    : images_(images), folder_(folder), features_are_pixels_(says_pixels(images)) {
  require(folder.empty() || fs::is_directory(folder), "the folder of photos {} is not there", folder);
  const std::string& dataset = images.features.dataset();  // "val/features" of a data file
  const auto slash = dataset.find('/');
  if (slash == std::string::npos) return;
  const std::string stored = dataset.substr(0, slash) + "/images";
  if (!Hdf5File::open(images.features.path()).contains(stored)) return;
  constexpr std::size_t little_cache = std::size_t{1} << 20;
  stored_ = std::make_unique<FeatureReader>(
      images.features.path(), stored, FeatureReader::Options{.cache_bytes = little_cache, .pictures = true});
}

std::string PhotoSource::name(std::int64_t row) const {
  const auto index = static_cast<std::size_t>(row);
  return images_.file_names.empty() ? fmt::format("image {}", images_.image_ids[index])
                                    : images_.file_names[index];
}

std::optional<Image> PhotoSource::file_of(const std::string& name) const {
  std::vector<fs::path> candidates;
  if (!folder_.empty() && !is_url(name) && stays_inside(name)) candidates.push_back(fs::path(folder_) / name);
  if (const std::string last = last_part(name); !folder_.empty() && !last.empty() && stays_inside(last))
    candidates.push_back(fs::path(folder_) / last);
  constexpr std::string_view local = "file://";
  if (name.starts_with(local))
    candidates.emplace_back(name.substr(local.size()));
  else if (fs::path(name).is_absolute())
    candidates.emplace_back(name);
  for (const fs::path& path : candidates) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) continue;
    try {
      return read_image(path.string());
    } catch (const Error&) {
      continue;
    }
  }
  return std::nullopt;
}

std::optional<Image> PhotoSource::operator()(std::int64_t row) const {
  if (!images_.file_names.empty())
    if (auto image = file_of(images_.file_names[static_cast<std::size_t>(row)])) return image;
  if (stored_ != nullptr) return stored(row);
  if (features_are_pixels_) return pixels(row);
  return std::nullopt;
}

Image PhotoSource::stored(std::int64_t row) const {
  const std::int64_t side = stored_->row_shape()[0];
  std::vector<float> values(static_cast<std::size_t>(stored_->row_size()));
  stored_->read({&row, 1}, values.data());
  return {side, side, std::vector<std::uint8_t>(values.begin(), values.end())};
}

Image PhotoSource::pixels(std::int64_t row) const {
  const Shape& shape = images_.features.row_shape();
  const std::int64_t height = shape[1], width = shape[2], plane = height * width;
  std::vector<float> values(static_cast<std::size_t>(3 * plane));
  images_.features.read({&row, 1}, values.data());
  Image image{height, width, std::vector<std::uint8_t>(values.size())};
  for (std::int64_t c = 0; c < 3; ++c)
    for (std::int64_t i = 0; i < plane; ++i)
      image.pixels[static_cast<std::size_t>(3 * i + c)] = static_cast<std::uint8_t>(
          std::lround(255 * std::clamp(values[static_cast<std::size_t>(c * plane + i)], 0.0f, 1.0f)));
  return image;
}

}  // namespace dlcore
