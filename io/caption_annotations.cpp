#include "io/caption_annotations.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/caption_sources.h"

namespace dlcore {

std::string checked_split(std::string_view split, std::string_view where) {
  if (split == "restval") return "train";
  require(split == "train" || split == "val" || split == "test",
          "{} is \"{}\", but should be train, restval, val or test", where, split);
  return std::string(split);
}

void check_caption_text(std::string_view text, std::string_view where) {
  require(text.size() <= longest_caption, "{} has {} bytes, which is no caption: the limit is {}", where,
          text.size(), longest_caption);
}

void check_file_name(std::string_view name, std::string_view where) {
  require(!name.empty(), "{} is empty, but should name a picture", where);
  require(name.find('\0') == std::string_view::npos, "{} has a zero byte in it, which no file's name has",
          where);
}

CaptionAnnotations read_caption_annotations(const std::string& path) {
  require_readable_file(path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) fail("cannot open {}: {}", path, std::strerror(errno));
  char start[4096];
  const std::string_view text(start, std::fread(start, 1, sizeof start, file.get()));
  std::rewind(file.get());
  std::size_t first = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;  // the byte order mark that Windows writes
  first = text.find_first_not_of(" \t\r\n", first);
  require(first != std::string_view::npos, "{} is empty: it should hold images and their captions", path);
  CaptionAnnotations result = text[first] == '{' || text[first] == '['
                                  ? read_json_annotations(file.get(), path)
                                  : read_table_annotations(read_file(path), path);
  require(!result.images.empty(), "{} has no images", path);
  require(!result.captions.empty(), "{} has no captions: its {} images are all without", path,
          result.images.size());
  return result;
}

}  // namespace dlcore
