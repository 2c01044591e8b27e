// COCO's and Karpathy's annotation files.
#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "io/caption_sources.h"
#include "io/json_document.h"

namespace dlcore {

namespace {

using Value = simdjson::dom::element;

// The values of an object that are wanted, by their keys: looked through once, since it is a list.
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
    raw,
    none
  };

  explicit Element(simdjson::dom::object object) {
    for (const auto field : object) {
      const auto found = std::find(names.begin(), names.end(), field.key);
      if (found != names.end()) values_[static_cast<std::size_t>(found - names.begin())] = field.value;
    }
  }

  static const char* name_of(Key key) { return names[key].data(); }
  /// Nothing where it is missing or null.
  std::optional<Value> find(Key key) const {
    return values_[key] && !values_[key]->is_null() ? values_[key] : std::nullopt;
  }

 private:
  static constexpr std::array<std::string_view, none> names{
      "id",       "image_id", "caption", "file_name", "flickr_url", "filename",
      "filepath", "cocoid",   "imgid",   "split",     "sentences",  "raw"};

  std::array<std::optional<Value>, none> values_;
};

class AnnotationReader {
 public:
  explicit AnnotationReader(const std::string& path) : path_(path) {}

  CaptionAnnotations read(Value file);

 private:
  // Made for messages only: half a million elements go by.
  std::string item() const {
    return fmt::format("{}: {}[{}]{}", path_, list_, element_,
                       sentence_ < 0 ? "" : fmt::format(".sentences[{}]", sentence_));
  }
  std::string place(Element::Key key) const { return item() + "." + Element::name_of(key); }
  std::optional<std::int64_t> number(const Element& element, Element::Key key) const {
    const auto value = element.find(key);
    if (!value) return std::nullopt;
    if (!value->is_int64()) fail("{} should be a whole number, but is {}", place(key), shown(*value));
    return value->get_int64().value_unsafe();
  }
  std::optional<std::string_view> text(const Element& element, Element::Key key) const {
    const auto value = element.find(key);
    if (!value) return std::nullopt;
    if (!value->is_string()) fail("{} should be a text, but is {}", place(key), shown(*value));
    return value->get_string().value_unsafe();
  }
  void check_text(std::string_view caption, Element::Key key) const {
    if (caption.size() > longest_caption) check_caption_text(caption, place(key));
  }
  static std::string shown(Value value) {
    return value.is_object() || value.is_array() ? "a JSON " + type_of(value) : to_text(value).substr(0, 100);
  }
  Element element_of(Value value) const {
    if (!value.is_object()) fail("{} should be a JSON object, but is {}", item(), shown(value));
    return Element(object_of(value));
  }

  void add_image(const Element& element);
  void add_sentences(Value sentences, std::int64_t index);
  void add_annotation(const Element& element);
  CaptionAnnotations finish();

  std::string path_;
  std::string list_;            // "images" or "annotations"
  std::int64_t element_ = 0;    // of that list
  std::int64_t sentence_ = -1;  // of that element
  bool has_annotations_ = false;
  bool has_sentences_ = false;
  CaptionAnnotations result_;
  std::unordered_map<std::int64_t, std::int64_t> index_of_;  // image id -> index
  std::unordered_set<std::int64_t> annotation_ids_;
  std::vector<std::int64_t> image_ids_;  // of the captions, in COCO's files
};

CaptionAnnotations AnnotationReader::read(Value file) {
  require(file.is_object(), "{} should be a JSON object with the lists images and annotations", path_);
  for (const auto [key, value] : object_of(file)) {
    const bool images = key == "images";
    if (!images && key != "annotations") continue;  // licences and the like
    list_ = key;
    if (!images) has_annotations_ = true;
    require(value.is_array(), "{}: {} should be a list", path_, list_);
    element_ = 0;
    for (const Value each : array_of(value)) {
      const Element element = element_of(each);
      if (images)
        add_image(element);
      else
        add_annotation(element);
      ++element_;
    }
  }
  return finish();
}

void AnnotationReader::add_image(const Element& element) {
  CaptionAnnotations::Image image;
  const auto coco_name = text(element, Element::file_name);
  const auto name = coco_name ? coco_name : text(element, Element::filename);
  if (!name) fail("{} has no file_name (or filename, in Karpathy's files)", item());
  if (name->empty() || name->find('\0') != std::string_view::npos)
    check_file_name(*name, place(coco_name ? Element::file_name : Element::filename));
  image.file_name = *name;
  if (const auto folder = text(element, Element::filepath); folder && !folder->empty())
    image.file_name = std::string(*folder) + (folder->back() == '/' ? "" : "/") + std::string(*name);
  std::optional<std::int64_t> id = number(element, Element::id);
  if (!id) id = number(element, Element::cocoid);
  if (!id) id = number(element, Element::imgid);
  if (!id) fail("{} has no id (or cocoid or imgid, in Karpathy's files)", item());
  image.id = *id;
  if (const auto split = text(element, Element::split))
    image.split = checked_split(*split, place(Element::split));
  if (const auto url = text(element, Element::flickr_url)) image.url = *url;
  const auto index = static_cast<std::int64_t>(result_.images.size());
  const auto [known, fresh] = index_of_.try_emplace(image.id, index);
  if (!fresh)
    fail("{} has the id {}, as has images[{}]: an image may be there only once", item(), image.id,
         known->second);
  result_.images.push_back(std::move(image));
  if (const auto sentences = element.find(Element::sentences)) add_sentences(*sentences, index);
}

void AnnotationReader::add_sentences(Value sentences, std::int64_t index) {
  has_sentences_ = true;
  if (!sentences.is_array())
    fail("{} should be a list, but is {}", place(Element::sentences), shown(sentences));
  for (const Value each : array_of(sentences)) {
    ++sentence_;
    const auto raw = text(element_of(each), Element::raw);
    if (!raw) fail("{} has no raw, the sentence's text", item());
    check_text(*raw, Element::raw);
    result_.captions.push_back({index, std::string(*raw)});
  }
  sentence_ = -1;
}

void AnnotationReader::add_annotation(const Element& element) {
  const auto image = number(element, Element::image_id);
  if (!image) fail("{} has no image_id", item());
  const auto caption = text(element, Element::caption);
  if (!caption)
    fail("{} has no caption: this should be a captions file, not one of instances or keypoints", item());
  check_text(*caption, Element::caption);
  if (const auto id = number(element, Element::id); id && !annotation_ids_.insert(*id).second)
    fail("{} has the id {}, as has one before it", item(), *id);
  image_ids_.push_back(*image);
  result_.captions.push_back({0, std::string(*caption)});
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
  const JsonDocument document(text, path);
  return AnnotationReader(path).read(document.root());
}

}  // namespace dlcore
