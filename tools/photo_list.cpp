#include "tools/photo_list.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "core/error.h"

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

}  // namespace dlcore
