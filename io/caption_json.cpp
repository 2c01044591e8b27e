// COCO's and Karpathy's annotation files. A file has 90 MB and most of it is not wanted: of each element of
// the lists only some values are kept, and these until the parser is through with it.
#include <algorithm>
#include <array>
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

// The values of an element that are wanted: by their keys.
class Element {
 public:
  enum Key : unsigned char {
    id,
    image_id,
    caption,
    file_name,
    flickr_url,
    filename,
    filepath,
    cocoid,
    imgid,
    split,
    sentences,
    none
  };

  static Key key_of(std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    return static_cast<Key>(found - names.begin());
  }
  static const char* name_of(Key key) { return names[key].data(); }

  void clear() {
    for (json& value : values_) value = nullptr;
  }
  json& operator[](Key key) { return values_[key]; }
  /// nullptr where it is missing or null.
  const json* find(Key key) const { return values_[key].is_null() ? nullptr : &values_[key]; }

 private:
  static constexpr std::array<std::string_view, none> names{"id",         "image_id", "caption",  "file_name",
                                                            "flickr_url", "filename", "filepath", "cocoid",
                                                            "imgid",      "split",    "sentences"};

  std::array<json, none> values_;
};

// Takes the events of nlohmann::json::sax_parse.
class AnnotationReader {
 public:
  explicit AnnotationReader(const std::string& path) : path_(path) {}

  bool null() { return scalar(nullptr); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(json::number_integer_t value) { return scalar(value); }
  bool number_unsigned(json::number_unsigned_t value) { return scalar(value); }
  bool number_float(json::number_float_t value, const std::string&) { return scalar(value); }
  bool string(std::string& value) { return scalar(std::move(value)); }
  bool binary(json::binary_t&) { return true; }  // not in JSON
  bool start_object(std::size_t) { return start(json::value_t::object); }
  bool start_array(std::size_t) { return start(json::value_t::array); }
  bool end_object() { return end(json::value_t::object); }
  bool end_array() { return end(json::value_t::array); }
  bool key(std::string& name);
  bool parse_error(std::size_t, const std::string&, const std::exception& error) {
    fail("{} is not valid JSON: {}", path_, json_reason(error));
  }

  CaptionAnnotations finish();

 private:
  // How many brackets are open.
  enum Depth : unsigned char { in_file = 1, in_list, in_element, in_sentences, in_sentence };

  // Made for messages only: half a million elements go by.
  std::string item() const {
    return fmt::format("{}: {}[{}]{}", path_, list_, element_,
                       sentence_ < 0 ? "" : fmt::format(".sentences[{}]", sentence_));
  }
  std::string place(const char* key) const { return item() + "." + key; }
  std::string place(Element::Key key) const { return place(Element::name_of(key)); }
  std::optional<std::int64_t> number(Element::Key key) const {
    const json* value = values_.find(key);
    if (!value) return std::nullopt;
    if (!value->is_number_integer() ||
        (value->is_number_unsigned() && value->get<std::uint64_t>() >> 63 != 0))
      fail("{} should be a whole number, but is {}", place(key), shown(*value));
    return value->get<std::int64_t>();
  }
  std::optional<std::string> text(Element::Key key) {
    return values_.find(key) ? std::optional(as_text(values_[key], Element::name_of(key))) : std::nullopt;
  }
  // Takes it out of the value.
  std::string as_text(json& value, const char* key) const {
    if (!value.is_string()) fail("{} should be a text, but is {}", place(key), shown(value));
    return std::move(value.get_ref<std::string&>());
  }
  void check_text(const std::string& caption, const char* key) const {
    if (caption.size() > longest_caption) check_caption_text(caption, place(key));
  }
  static std::string shown(const json& value) {
    return value.is_structured() ? fmt::format("a JSON {}", value.type_name())
                                 : to_text(value).substr(0, 100);
  }

  // A value that is no object or list; it is moved only where it is wanted.
  template <class T>
  bool scalar(T&& value);
  bool start(json::value_t kind);
  bool end(json::value_t kind);

  void refuse_element(const json& value) const {
    fail("{} should be a JSON object, but is {}", item(), shown(value));
  }
  void add_image();
  void add_sentences(json& sentences, std::int64_t index);
  void add_annotation();

  std::string path_;
  int depth_ = 0;
  std::string list_;     // the key at depth in_file: "images", "annotations", or another one
  bool wanted_ = false;  // it is one of these two
  Element::Key key_ = Element::none;
  bool raw_ = false;            // the key in a sentence
  std::int64_t element_ = 0;    // of the list
  std::int64_t sentence_ = -1;  // of that element
  Element values_;
  bool has_annotations_ = false;
  bool has_sentences_ = false;
  CaptionAnnotations result_;
  std::unordered_map<std::int64_t, std::int64_t> index_of_;  // image id -> index
  std::unordered_set<std::int64_t> annotation_ids_;
  std::vector<std::int64_t> image_ids_;  // of the captions, in COCO's files
};

bool AnnotationReader::key(std::string& name) {
  if (depth_ == in_file) {
    list_ = name;
    wanted_ = list_ == "images" || list_ == "annotations";
    element_ = 0;
    if (list_ == "annotations") has_annotations_ = true;
  } else if (wanted_ && depth_ == in_element) {
    key_ = Element::key_of(name);
  } else if (depth_ == in_sentence) {
    raw_ = name == "raw";
  }
  return true;
}

template <class T>
bool AnnotationReader::scalar(T&& value) {
  require(depth_ > 0, "{} should be a JSON object with the lists images and annotations", path_);
  if (!wanted_) return true;
  if (depth_ == in_file) fail("{}: {} should be a list", path_, list_);
  if (depth_ == in_list) refuse_element(std::forward<T>(value));
  if (depth_ == in_element && key_ != Element::none) values_[key_] = std::forward<T>(value);
  if (key_ == Element::sentences) {
    json& sentences = values_[key_];
    if (depth_ == in_sentences && sentences.is_array()) sentences.push_back(std::forward<T>(value));
    if (depth_ == in_sentence && raw_ && !sentences.empty() && sentences.back().is_object())
      sentences.back()["raw"] = std::forward<T>(value);
  }
  return true;
}

bool AnnotationReader::start(json::value_t kind) {
  const bool object = kind == json::value_t::object;
  if (depth_ == 0) require(object, "{} should be a JSON object with the lists images and annotations", path_);
  if (wanted_ && depth_ == in_file) require(!object, "{}: {} should be a list", path_, list_);
  if (wanted_ && depth_ == in_list) values_.clear();
  if (wanted_ && depth_ == in_list) key_ = Element::none;
  if (wanted_ && depth_ >= in_element && (depth_ == in_element || key_ == Element::sentences))
    scalar(json(kind));
  ++depth_;
  return true;
}

bool AnnotationReader::end(json::value_t kind) {
  --depth_;
  if (!wanted_ || depth_ != in_list) return true;
  if (kind == json::value_t::array) refuse_element(json::array());
  if (list_ == "images")
    add_image();
  else
    add_annotation();
  ++element_;
  return true;
}

void AnnotationReader::add_image() {
  CaptionAnnotations::Image image;
  const auto coco_name = text(Element::file_name);
  const auto name = coco_name ? coco_name : text(Element::filename);
  if (!name) fail("{} has no file_name (or filename, in Karpathy's files)", item());
  check_file_name(*name, place(coco_name ? Element::file_name : Element::filename));
  image.file_name = *name;
  if (const auto folder = text(Element::filepath); folder && !folder->empty())
    image.file_name = *folder + (folder->back() == '/' ? "" : "/") + *name;
  std::optional<std::int64_t> id = number(Element::id);
  if (!id) id = number(Element::cocoid);
  if (!id) id = number(Element::imgid);
  if (!id) fail("{} has no id (or cocoid or imgid, in Karpathy's files)", item());
  image.id = *id;
  if (const auto split = text(Element::split)) image.split = checked_split(*split, place(Element::split));
  if (auto url = text(Element::flickr_url)) image.url = std::move(*url);
  const auto index = static_cast<std::int64_t>(result_.images.size());
  const auto [known, fresh] = index_of_.try_emplace(image.id, index);
  if (!fresh)
    fail("{} has the id {}, as has images[{}]: an image may be there only once", item(), image.id,
         known->second);
  result_.images.push_back(std::move(image));
  if (values_.find(Element::sentences)) add_sentences(values_[Element::sentences], index);
}

void AnnotationReader::add_sentences(json& sentences, std::int64_t index) {
  has_sentences_ = true;
  if (!sentences.is_array())
    fail("{} should be a list, but is {}", place(Element::sentences), shown(sentences));
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    sentence_ = static_cast<std::int64_t>(i);
    if (!sentences[i].is_object()) refuse_element(sentences[i]);
    json& raw = sentences[i]["raw"];
    if (raw.is_null()) fail("{} has no raw, the sentence's text", item());
    std::string caption = as_text(raw, "raw");
    check_text(caption, "raw");
    result_.captions.push_back({index, std::move(caption)});
  }
  sentence_ = -1;
}

void AnnotationReader::add_annotation() {
  const auto image = number(Element::image_id);
  if (!image) fail("{} has no image_id", item());
  auto caption = text(Element::caption);
  if (!caption)
    fail("{} has no caption: this should be a captions file, not one of instances or keypoints", item());
  check_text(*caption, "caption");
  if (const auto id = number(Element::id); id && !annotation_ids_.insert(*id).second)
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

CaptionAnnotations read_json_annotations(std::string_view text, const std::string& path) {
  AnnotationReader reader(path);
  json::sax_parse(text.data(), text.data() + text.size(), &reader);
  return reader.finish();
}

}  // namespace dlcore
