#include "io/caption_results.h"

#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/caption_sources.h"
#include "io/json_document.h"
#include "io/json_text.h"

namespace dlcore {

namespace {

using Value = simdjson::dom::element;

// The value of a key of the element `item`, as "captions.json: [3]"; `kind` is what it should be.
Value value_of(const std::optional<Value>& value, const char* key, const std::string& item, const char* kind,
               bool (*right)(Value)) {
  if (!value) fail("{} has no {}", item, key);
  if (!right(*value)) fail("{}.{} should be {}, but is {}", item, key, kind, quoted_piece(to_text(*value)));
  return *value;
}

bool is_whole_number(Value value) {
  return value.is_int64();
}
bool is_row(Value value) {
  return value.is_int64() && value.get_int64().value_unsafe() >= 0;
}
bool is_text(Value value) {
  return value.is_string();
}
bool is_name(Value value) {
  return value.is_string() && !value.get_string().value_unsafe().empty();
}

std::int64_t number(Value value) {
  return value.get_int64().value_unsafe();
}
std::string text(Value value) {
  return std::string(value.get_string().value_unsafe());
}

// The values of a result that are read.
struct Fields {
  explicit Fields(simdjson::dom::object object) {
    for (const auto field : object) {
      if (field.key == "image_id") image_id = field.value;
      if (field.key == "file_name") file_name = field.value;
      if (field.key == "row") row = field.value;
      if (field.key == "caption") caption = field.value;
    }
  }

  std::optional<Value> image_id, file_name, row, caption;
};

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
  const JsonDocument document(read_file(path), path);
  const Value root = document.root();
  if (!root.is_array())
    fail(
        "{} should be a JSON list of results, [{{\"image_id\": 7, \"caption\": \"...\"}}, ...], but is a "
        "JSON {}",
        path, type_of(root));
  std::vector<CaptionResult> results;
  std::unordered_map<std::int64_t, std::size_t> of_id;  // where the image with an id is in the list
  std::unordered_map<std::int64_t, std::size_t> of_row;
  std::unordered_map<std::string, std::size_t> of_name;
  for (const Value each : array_of(root)) {
    const std::size_t i = results.size();
    const std::string item = fmt::format("{}: [{}]", path, i);
    if (!each.is_object())
      fail("{} should be a JSON object with image_id and caption, but is {}", item,
           quoted_piece(to_text(each)));
    const Fields fields(object_of(each));
    const auto check_once = [&](auto& known, const auto& key, const char* name) {
      const auto [place, fresh] = known.try_emplace(key, i);
      if (!fresh)
        fail("{} has the {} {}, as has [{}]: an image has one caption in a file of results", item, name, key,
             place->second);
    };
    CaptionResult result;
    if (fields.image_id) {
      result.image_id =
          number(value_of(fields.image_id, "image_id", item, "a whole number", is_whole_number));
      check_once(of_id, *result.image_id, "image_id");
    } else if (fields.file_name) {
      result.file_name = text(value_of(fields.file_name, "file_name", item, "a name", is_name));
      check_once(of_name, result.file_name, "file_name");
    } else if (fields.row) {
      result.row = number(value_of(fields.row, "row", item, "a row's number, 0 or more", is_row));
      check_once(of_row, *result.row, "row");
    } else {
      fail("{} has no image_id (nor file_name nor row, as results of images without ids have)", item);
    }
    result.caption = text(value_of(fields.caption, "caption", item, "a text", is_text));
    if (result.caption.size() > longest_caption) check_caption_text(result.caption, item + ".caption");
    results.push_back(std::move(result));
  }
  require(!results.empty(), "{} has no results", path);
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
