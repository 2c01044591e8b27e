#include "tools/examples/class_folder.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "core/error.h"

namespace dlcore {

namespace fs = std::filesystem;

namespace {

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

bool is_picture(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

// Names of the folders in a folder, sorted.
std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (!is_hidden(entry->path()) && entry->is_directory())
      names.push_back(entry->path().filename().string());
  require(!error, "cannot read the folder {}: {}", folder.string(), error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> pictures_in(const fs::path& folder, std::int64_t& others) {
  std::vector<std::string> paths;
  std::error_code error;
  const auto options = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator entry(folder, options, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_hidden(entry->path())) {
      if (entry->is_directory()) entry.disable_recursion_pending();
    } else if (!entry->is_directory()) {
      if (is_picture(entry->path()))
        paths.push_back(entry->path().string());
      else
        ++others;
    }
  }
  require(!error, "cannot read the folder {}: {}", folder.string(), error.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Appends the pictures of the classes in a folder.
void add_classes(const fs::path& folder, const std::string& split, ClassFolder& list) {
  for (const std::string& name : folders_in(folder)) {
    const auto found = std::find(list.class_names.begin(), list.class_names.end(), name);
    require(found != list.class_names.end(), "{} has the class {}, which is none of the {} training classes",
            folder.string(), name, list.class_names.size());
    const std::vector<std::string> paths = pictures_in(folder / name, list.others);
    require(!paths.empty(), "{} has no pictures: a class needs .jpg, .jpeg or .png files",
            (folder / name).string());
    for (const std::string& path : paths)
      list.pictures.push_back({path, static_cast<std::int32_t>(found - list.class_names.begin()), split});
  }
}

}  // namespace

ClassFolder list_class_folder(const std::string& folder) {
  std::error_code ignored;
  const fs::path top(folder);
  require(fs::is_directory(top, ignored),
          "{} should be a folder with a folder of pictures for each class, but is not there or no folder",
          folder.empty() ? "\"\"" : folder);
  const bool divided = fs::is_directory(top / "train", ignored) && !folders_in(top / "train").empty();
  ClassFolder list;
  list.class_names = folders_in(divided ? top / "train" : top);
  require(!list.class_names.empty(),
          "{} has no folders: there should be one for each class, with its pictures", folder);
  if (!divided) {
    add_classes(top, "", list);
    return list;
  }
  for (const std::string split : {"train", "val", "test"})
    if (fs::is_directory(top / split, ignored)) add_classes(top / split, split, list);
  return list;
}

}  // namespace dlcore
