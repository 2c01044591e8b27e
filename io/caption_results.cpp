#include "io/caption_results.h"

#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/caption_sources.h"
#include "io/json_text.h"

namespace dlcore {

namespace {

// The value of a key of the element `item`, as "captions.json: [3]"; `kind` is what it should be.
const nlohmann::json& value_of(const nlohmann::json& element, const char* key, const std::string& item,
                               const char* kind, bool (*right)(const nlohmann::json&)) {
  const auto found = element.find(key);
  if (found == element.end()) fail("{} has no {}", item, key);
  if (!right(*found)) fail("{}.{} should be {}, but is {}", item, key, kind, quoted_piece(to_text(*found)));
  return *found;
}

bool is_whole_number(const nlohmann::json& value) {
  return value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() >> 63 == 0);
}
bool is_row(const nlohmann::json& value) {
  return is_whole_number(value) && value.get<std::int64_t>() >= 0;
}
bool is_text(const nlohmann::json& value) {
  return value.is_string();
}
bool is_name(const nlohmann::json& value) {
  return value.is_string() && !value.get_ref<const std::string&>().empty();
}

// `key` and value: what says which image this is.
std::string image_text(const CaptionResult& result) {
  if (result.image_id) return "\"image_id\": " + std::to_string(*result.image_id);
  if (!result.file_name.empty()) return "\"file_name\": " + to_text(result.file_name);
  return "\"row\": " + std::to_string(result.row.value());
}

// ", "captions": [...]", or nothing.
std::string more_of(const CaptionResult& result) {
  std::string text;
  for (const ScoredCaption& scored : result.captions) {
    text += text.empty() ? ", \"captions\": [" : ", ";
    text += "{\"caption\": " + to_text(scored.caption) + ", \"score\": " + to_text(scored.score);
    if (!scored.words.empty())
      text += ", \"words\": " + to_text(scored.words) +
              ", \"log_probabilities\": " + to_text(scored.log_probabilities);
    text += "}";
  }
  return text.empty() ? text : text + "]";
}

}  // namespace

std::string image_of(const CaptionResult& result) {
  if (result.image_id) return fmt::format("image {}", *result.image_id);
  return result.file_name.empty() ? fmt::format("row {}", result.row.value())
                                  : "image " + quoted_piece(result.file_name);
}

std::vector<CaptionResult> read_caption_results(const std::string& path) {
  const nlohmann::json json = parse_json(read_file(path), path);
  if (!json.is_array())
    fail(
        "{} should be a JSON list of results, [{{\"image_id\": 7, \"caption\": \"...\"}}, ...], but is a "
        "JSON {}",
        path, json.type_name());
  require(!json.empty(), "{} has no results", path);
  std::vector<CaptionResult> results;
  std::unordered_map<std::int64_t, std::size_t> of_id;  // where the image with an id is in the list
  std::unordered_map<std::int64_t, std::size_t> of_row;
  std::unordered_map<std::string, std::size_t> of_name;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string item = fmt::format("{}: [{}]", path, i);
    if (!json[i].is_object())
      fail("{} should be a JSON object with image_id and caption, but is {}", item,
           quoted_piece(to_text(json[i])));
    CaptionResult result;
    if (json[i].contains("image_id"))
      result.image_id = value_of(json[i], "image_id", item, "a whole number", is_whole_number);
    else if (json[i].contains("file_name"))
      result.file_name = value_of(json[i], "file_name", item, "a name", is_name);
    else if (json[i].contains("row"))
      result.row = value_of(json[i], "row", item, "a row's number, 0 or more", is_row);
    else
      fail("{} has no image_id (nor file_name nor row, as results of images without ids have)", item);
    const auto& caption = value_of(json[i], "caption", item, "a text", is_text).get_ref<const std::string&>();
    if (caption.size() > longest_caption) check_caption_text(caption, item + ".caption");
    const auto check_once = [&](auto& known, const auto& key, const char* name) {
      const auto [place, fresh] = known.try_emplace(key, i);
      if (!fresh)
        fail("{} has the {} {}, as has [{}]: an image has one caption in a file of results", item, name, key,
             place->second);
    };
    if (result.image_id)
      check_once(of_id, *result.image_id, "image_id");
    else if (result.row)
      check_once(of_row, *result.row, "row");
    else
      check_once(of_name, result.file_name, "file_name");
    result.caption = caption;
    results.push_back(std::move(result));
  }
  return results;
}

void write_caption_results(const std::string& path, const std::vector<CaptionResult>& results) {
  std::string text = "[";
  for (const CaptionResult& result : results) {  // one result per line, keys in COCO's order
    if (text.size() > 1) text += ",\n ";
    text += '{';
    text += image_text(result) + ", \"caption\": " + to_text(result.caption) + more_of(result) + "}";
  }
  write_file_atomically(path, text + "]\n");
}

}  // namespace dlcore
