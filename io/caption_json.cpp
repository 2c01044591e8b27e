// COCO's and Karpathy's annotation files. A file has 90 MB and most of it is not wanted: each element of the
// lists is looked at when the parser is through with it, and thrown away.
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "io/caption_sources.h"
#include "io/json_text.h"

namespace dlcore {

namespace {

using nlohmann::json;

class AnnotationReader {
 public:
  explicit AnnotationReader(const std::string& path) : path_(path) {}

  // What nlohmann::json::parse calls for each event; true: the value is kept.
  bool operator()(int depth, json::parse_event_t event, json& value);

  CaptionAnnotations finish();

 private:
  // Made for messages only: half a million elements go by.
  std::string item() const {
    return fmt::format("{}: {}[{}]{}", path_, list_, element_,
                       sentence_ < 0 ? "" : fmt::format(".sentences[{}]", sentence_));
  }
  std::string place(const char* key) const { return item() + "." + key; }
  const json* find(const json& object, const char* key) const {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
  std::optional<std::int64_t> number(const json& object, const char* key) const {
    const json* value = find(object, key);
    if (!value) return std::nullopt;
    if (!value->is_number_integer() ||
        (value->is_number_unsigned() && value->get<std::uint64_t>() >> 63 != 0))
      fail("{} should be a whole number, but is {}", place(key), shown(*value));
    return value->get<std::int64_t>();
  }
  std::optional<std::string> text(const json& object, const char* key) const {
    const json* value = find(object, key);
    if (!value) return std::nullopt;
    if (!value->is_string()) fail("{} should be a text, but is {}", place(key), shown(*value));
    return value->get<std::string>();
  }
  void check_text(const std::string& caption, const char* key) const {
    if (caption.size() > longest_caption) check_caption_text(caption, place(key));
  }
  static std::string shown(const json& value) {
    return value.is_structured() ? fmt::format("a JSON {}", value.type_name())
                                 : to_text(value).substr(0, 100);
  }

  void add_element(const json& value);
  void add_image(const json& value);
  void add_sentences(const json& image, std::int64_t index);
  void add_annotation(const json& value);

  std::string path_;
  std::string list_;            // the list that the parser is in: "images", "annotations", or another key
  std::int64_t element_ = 0;    // of that list
  std::int64_t sentence_ = -1;  // of that element
  bool has_annotations_ = false;
  bool has_sentences_ = false;
  CaptionAnnotations result_;
  std::unordered_map<std::int64_t, std::int64_t> index_of_;  // image id -> index
  std::unordered_set<std::int64_t> annotation_ids_;
  std::vector<std::int64_t> image_ids_;  // of the captions, in COCO's files
};

bool AnnotationReader::operator()(int depth, json::parse_event_t event, json& value) {
  using Event = json::parse_event_t;
  const bool end = event == Event::object_end || event == Event::array_end || event == Event::value;
  if (depth == 0)
    require(event == Event::object_start || event == Event::object_end,
            "{} should be a JSON object with the lists images and annotations", path_);
  if (depth == 1 && event == Event::key) {
    list_ = value.get<std::string>();
    element_ = 0;
    if (list_ == "annotations") has_annotations_ = true;
    return true;
  }
  if (list_ != "images" && list_ != "annotations") return depth == 0;  // licences and the like
  if (depth == 1)
    require(event == Event::array_start || event == Event::array_end, "{}: {} should be a list", path_,
            list_);
  if (depth == 2 && end) {
    add_element(value);
    ++element_;
    return false;
  }
  return true;
}

void AnnotationReader::add_element(const json& value) {
  if (!value.is_object()) fail("{} should be a JSON object, but is {}", item(), shown(value));
  if (list_ == "images")
    add_image(value);
  else
    add_annotation(value);
}

void AnnotationReader::add_image(const json& value) {
  CaptionAnnotations::Image image;
  const auto coco_name = text(value, "file_name");
  const auto name = coco_name ? coco_name : text(value, "filename");
  if (!name) fail("{} has no file_name (or filename, in Karpathy's files)", item());
  check_file_name(*name, place(coco_name ? "file_name" : "filename"));
  image.file_name = *name;
  if (const auto folder = text(value, "filepath"); folder && !folder->empty())
    image.file_name = *folder + (folder->back() == '/' ? "" : "/") + *name;
  std::optional<std::int64_t> id = number(value, "id");
  if (!id) id = number(value, "cocoid");
  if (!id) id = number(value, "imgid");
  if (!id) fail("{} has no id (or cocoid or imgid, in Karpathy's files)", item());
  image.id = *id;
  if (const auto split = text(value, "split")) image.split = checked_split(*split, place("split"));
  if (auto url = text(value, "flickr_url")) image.url = std::move(*url);
  const auto index = static_cast<std::int64_t>(result_.images.size());
  const auto [known, fresh] = index_of_.try_emplace(image.id, index);
  if (!fresh)
    fail("{} has the id {}, as has images[{}]: an image may be there only once", item(), image.id,
         known->second);
  result_.images.push_back(std::move(image));
  if (find(value, "sentences")) add_sentences(value, index);
}

void AnnotationReader::add_sentences(const json& image, std::int64_t index) {
  has_sentences_ = true;
  const json& sentences = image["sentences"];
  if (!sentences.is_array()) fail("{} should be a list, but is {}", place("sentences"), shown(sentences));
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    sentence_ = static_cast<std::int64_t>(i);
    if (!sentences[i].is_object()) fail("{} should be a JSON object, but is {}", item(), shown(sentences[i]));
    auto raw = text(sentences[i], "raw");
    if (!raw) fail("{} has no raw, the sentence's text", item());
    check_text(*raw, "raw");
    result_.captions.push_back({index, std::move(*raw)});
  }
  sentence_ = -1;
}

void AnnotationReader::add_annotation(const json& value) {
  const auto image = number(value, "image_id");
  if (!image) fail("{} has no image_id", item());
  auto caption = text(value, "caption");
  if (!caption)
    fail("{} has no caption: this should be a captions file, not one of instances or keypoints", item());
  check_text(*caption, "caption");
  if (const auto id = number(value, "id"); id && !annotation_ids_.insert(*id).second)
    fail("{} has the id {}, as has one before it", item(), *id);
  image_ids_.push_back(*image);
  result_.captions.push_back({0, std::move(*caption)});
}

CaptionAnnotations AnnotationReader::finish() {
  require(has_annotations_ || has_sentences_,
          "{} has neither annotations, as COCO's captions files have, nor images with sentences, as "
          "Karpathy's have",
          path_);
  require(!has_annotations_ || !has_sentences_,
          "{} has both annotations, as COCO's captions files, and images with sentences, as Karpathy's: "
          "which of the "
          "two hold the captions is not clear",
          path_);
  for (std::size_t i = 0; i < image_ids_.size(); ++i) {  // the images may come after the annotations
    const auto found = index_of_.find(image_ids_[i]);
    require(found != index_of_.end(),
            "{}: annotations[{}].image_id is {}, but there is no image with this id", path_, i,
            image_ids_[i]);
    result_.captions[i].image = found->second;
  }
  result_.kind = has_annotations_ ? "COCO captions" : "Karpathy's splits";
  return std::move(result_);
}

}  // namespace

CaptionAnnotations read_json_annotations(std::FILE* file, const std::string& path) {
  AnnotationReader reader(path);
  try {
    const json rest = json::parse(
        file, [&](int depth, json::parse_event_t event, json& value) { return reader(depth, event, value); });
  } catch (const json::exception& error) {
    fail("{} is not valid JSON: {}", path, json_reason(error));
  }
  return reader.finish();
}

}  // namespace dlcore
