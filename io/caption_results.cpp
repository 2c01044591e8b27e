#include "io/caption_results.h"

#include <unordered_map>

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
bool is_text(const nlohmann::json& value) {
  return value.is_string();
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

std::vector<CaptionResult> read_caption_results(const std::string& path) {
  const nlohmann::json json = parse_json(read_file(path), path);
  if (!json.is_array())
    fail(
        "{} should be a JSON list of results, [{{\"image_id\": 7, \"caption\": \"...\"}}, ...], but is a "
        "JSON {}",
        path, json.type_name());
  require(!json.empty(), "{} has no results", path);
  std::vector<CaptionResult> results;
  std::unordered_map<std::int64_t, std::size_t> index_of;  // image id -> where it is in the list
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string item = fmt::format("{}: [{}]", path, i);
    if (!json[i].is_object())
      fail("{} should be a JSON object with image_id and caption, but is {}", item,
           quoted_piece(to_text(json[i])));
    const auto id =
        value_of(json[i], "image_id", item, "a whole number", is_whole_number).get<std::int64_t>();
    const auto& caption = value_of(json[i], "caption", item, "a text", is_text).get_ref<const std::string&>();
    if (caption.size() > longest_caption) check_caption_text(caption, item + ".caption");
    const auto [known, fresh] = index_of.try_emplace(id, i);
    if (!fresh)
      fail("{} has the image_id {}, as has [{}]: an image has one caption in a file of results", item, id,
           known->second);
    results.push_back({id, caption, {}});
  }
  return results;
}

void write_caption_results(const std::string& path, const std::vector<CaptionResult>& results) {
  std::string text = "[";
  for (const CaptionResult& result : results) {  // one result per line, keys in COCO's order
    if (text.size() > 1) text += ",\n ";
    text += "{\"image_id\": " + std::to_string(result.image_id) +
            ", \"caption\": " + to_text(result.caption) + more_of(result) + "}";
  }
  write_file_atomically(path, text + "]\n");
}

}  // namespace dlcore
