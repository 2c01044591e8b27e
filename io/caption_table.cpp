#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "io/caption_sources.h"

namespace dlcore {

namespace {

using Fields = std::vector<std::string>;

// The records of a table, one after the other.
class Records {
 public:
  Records(std::string_view text, const std::string& path) : text_(text), path_(path) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    const std::string_view first = text_.substr(at_, text_.find_first_of("\r\n", at_) - at_);
    tabs_ = first.find('\t') != std::string_view::npos;
  }

  /// False at the end. Empty lines are passed over.
  bool next(Fields& fields) {
    for (; at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r'); ++at_)
      if (text_[at_] == '\n') ++next_line_;
    line_ = next_line_;
    if (at_ >= text_.size()) return false;
    fields.assign(1, "");
    while (at_ < text_.size() && text_[at_] != '\n') {
      const char letter = text_[at_];
      if (letter == (tabs_ ? '\t' : ',')) {
        fields.emplace_back();
        ++at_;
      } else if (letter == '"' && !tabs_) {
        require(fields.back().empty(),
                "{} has a quote within a field: a field with quotes in it should be "
                "quoted as a whole, and its quotes doubled",
                where());
        read_quoted(fields.back());
      } else {
        if (letter != '\r' || at_ + 1 >= text_.size() || text_[at_ + 1] != '\n') fields.back() += letter;
        ++at_;
      }
    }
    return true;
  }

  std::string where() const { return path_ + ": line " + std::to_string(line_); }
  bool tabs() const { return tabs_; }

 private:
  void read_quoted(std::string& field) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++next_line_;
      if (text_[at_] == '"' && (at_ + 1 >= text_.size() || text_[at_ + 1] != '"')) {
        ++at_;
        require(at_ >= text_.size() || std::string_view(",\r\n").find(text_[at_]) != std::string_view::npos,
                "{} has text behind a quoted field", where());
        return;
      }
      if (text_[at_] == '"') ++at_;
      field += text_[at_];
    }
    fail("{} has a quoted field that does not end", where());
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::int64_t next_line_ = 1;
  bool tabs_ = false;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Which fields of a record are what.
struct Columns {
  std::size_t file = 0;
  std::size_t caption = 1;
  std::size_t split = std::string::npos;
  std::size_t count = 2;

  /// Whether the fields are names of columns; then they are used.
  bool read_names(const Fields& fields, const std::string& where) {
    const auto find = [&](std::initializer_list<const char*> names) {
      for (std::size_t i = 0; i < fields.size(); ++i)
        if (std::find(names.begin(), names.end(), lower(fields[i])) != names.end()) return i;
      return std::string::npos;
    };
    const std::size_t files =
        find({"file", "file_name", "filename", "image", "image_name", "image_path", "path"});
    const std::size_t captions = find({"caption", "captions", "caption_text", "sentence", "text"});
    if (files == std::string::npos || captions == std::string::npos) {
      require(
          fields.size() == 2,
          "{} has {} fields: there should be two, file and caption, or a first line that names the columns "
          "(a caption with commas in it should be in quotes)",
          where, fields.size());
      return false;
    }
    *this = {files, captions, find({"split"}), fields.size()};
    return true;
  }
};

// Flickr8k.token.txt counts the captions of each picture: "1000268201_693b08cb0e.jpg#0".
void remove_number(std::string& name) {
  const std::size_t mark = name.rfind('#');
  if (mark != std::string::npos && mark + 1 < name.size() &&
      name.find_first_not_of("0123456789", mark + 1) == std::string::npos)
    name.erase(mark);
}

}  // namespace

CaptionAnnotations read_table_annotations(std::string_view text, const std::string& path) {
  require(text.find('\0') == std::string_view::npos,
          "{} is neither JSON nor a table of file and caption: it has zero bytes in it", path);
  CaptionAnnotations result;
  result.kind = "table";
  std::unordered_map<std::string, std::int64_t> index_of;
  Records records(text, path);
  Columns columns;
  Fields fields;
  bool named = records.next(fields) && columns.read_names(fields, records.where());
  for (bool more = named ? records.next(fields) : true; more; more = records.next(fields)) {
    const std::string where = records.where();
    require(fields.size() == columns.count, "{} has {} fields, but should have {}{}", where, fields.size(),
            columns.count, records.tabs() ? "" : ": a caption with commas in it should be in quotes");
    std::string& name = fields[columns.file];
    if (records.tabs()) remove_number(name);
    check_file_name(name, where + ", the file's name,");
    check_caption_text(fields[columns.caption], where + ", the caption,");
    std::string split;
    if (columns.split != std::string::npos && !fields[columns.split].empty())
      split = checked_split(fields[columns.split], where + ", the split,");
    const auto count = static_cast<std::int64_t>(result.images.size());
    const auto [image, fresh] = index_of.try_emplace(name, count);
    if (fresh) result.images.push_back({count, name, split, {}});
    const std::string& first = result.images[static_cast<std::size_t>(image->second)].split;
    require(first == split, "{} has {} in the split \"{}\", but a line before it in \"{}\"", where, name,
            split, first);
    result.captions.push_back({image->second, std::move(fields[columns.caption])});
  }
  return result;
}

}  // namespace dlcore
