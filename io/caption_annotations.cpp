#include "io/caption_annotations.h"

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
  const std::string text = read_file(path);
  std::size_t first = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;  // the byte order mark that Windows writes
  first = text.find_first_not_of(" \t\r\n", first);
  require(first != std::string::npos, "{} is empty: it should hold images and their captions", path);
  CaptionAnnotations result = text[first] == '{' || text[first] == '[' ? read_json_annotations(text, path)
                                                                       : read_table_annotations(text, path);
  require(!result.images.empty(), "{} has no images", path);
  require(!result.captions.empty(), "{} has no captions: its {} images are all without", path,
          result.images.size());
  return result;
}

}  // namespace dlcore
