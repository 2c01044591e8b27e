#include "tools/photo_list.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <unordered_map>

#include "core/error.h"
#include "io/caption_annotations.h"

namespace dlcore {
namespace {

bool is_picture(const std::filesystem::path& path) {
  std::string end = path.extension().string();
  for (char& c : end) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return end == ".jpg" || end == ".jpeg" || end == ".png";
}

}  // namespace

std::vector<std::string> list_photos(const std::vector<std::string>& paths) {
  std::vector<std::string> photos;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      require(std::filesystem::exists(path, error), "{}: no such photo", path);
      photos.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
      if (entry.is_regular_file(error) && is_picture(entry.path())) inside.push_back(entry.path().string());
    require(!error, "{}: the folder cannot be read: {}", path, error.message());
    require(!inside.empty(), "{}: there is no .jpg or .png in this folder", path);
    std::sort(inside.begin(), inside.end());
    photos.insert(photos.end(), inside.begin(), inside.end());
  }
  return photos;
}

std::vector<std::int64_t> photo_ids(const std::vector<std::string>& photos, const std::string& annotations) {
  struct Known {
    std::int64_t id = 0;
    int images = 0;
  };
  std::unordered_map<std::string, Known> known;
  const auto name_of = [](const std::string& path) {
    return std::filesystem::path(path).filename().string();
  };
  for (const auto& image : read_caption_annotations(annotations).images) {
    Known& entry = known[name_of(image.file_name)];
    entry.id = image.id;
    ++entry.images;
  }
  std::vector<std::int64_t> ids;
  for (const std::string& photo : photos) {
    const Known entry = known[name_of(photo)];
    require(entry.images == 1, "{}: {} of the images in {} have this file name, so that its id is not known",
            photo, entry.images == 0 ? "none" : fmt::format("{}", entry.images), annotations);
    ids.push_back(entry.id);
  }
  return ids;
}

}  // namespace dlcore
