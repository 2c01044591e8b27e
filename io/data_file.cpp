#include "io/data_file.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/format.h"
#include "io/atomic_file.h"
#include "io/json_text.h"

namespace dlcore {

namespace {

constexpr std::int64_t chunk_bytes = 16 << 10;  // of features: small, so that one row costs little
constexpr std::int64_t buffer_bytes = 1 << 20;  // of features as float32, before they are written
constexpr std::int64_t small_rows = 4096;       // chunk and buffer of captions, ids and names

std::int64_t rows_in(std::int64_t bytes, std::int64_t row_bytes) {
  return std::max<std::int64_t>(1, bytes / row_bytes);
}

// Values collected for a dataset.
template <class T>
struct Column {
  Hdf5Dataset dataset;
  std::size_t limit;  // values
  std::vector<T> waiting = {};

  void flush() {
    dataset.append(std::span<const T>(waiting));
    waiting.clear();
  }
  void add(std::span<const T> values) {
    waiting.insert(waiting.end(), values.begin(), values.end());
    if (waiting.size() >= limit) flush();
  }
  void add(T value) { add(std::span<const T>(&value, 1)); }
};

struct SplitColumns {
  std::optional<Column<float>> features;
  std::optional<Column<std::uint8_t>> images;
  Column<std::int32_t> captions;
  Column<std::int32_t> image_idxs;
  Column<std::int64_t> image_ids;
  std::vector<std::string> file_names = {};  // written at the end, when the longest is known
  std::map<std::string, std::vector<std::string>> texts = {};
  std::int64_t image_count = 0;
  std::int64_t caption_count = 0;
};

}  // namespace

struct DataFileWriter::Impl {
  Impl(const std::string& path, Vocabulary words, Options wanted)
      : target(path),
        vocabulary(std::move(words)),
        options(std::move(wanted)),
        file(Hdf5File::create(target.temporary_path())) {}

  AtomicFile target;
  Vocabulary vocabulary;
  Options options;
  std::map<std::string, SplitColumns> splits;
  std::optional<Hdf5File> file;  // closed before the rename

  SplitColumns& split(const std::string& name) {
    require(is_split_name(name), "cannot write split \"{}\" of {}: the splits are train, val and test", name,
            target.path());
    if (const auto found = splits.find(name); found != splits.end()) return found->second;
    const auto length = static_cast<std::size_t>(options.caption_length);
    const auto make = [&](const char* column, Hdf5Element type, const Shape& shape, std::int64_t rows) {
      return file->create_dataset(name + "/" + column, type, shape, rows);
    };
    return splits
        .emplace(
            name,
            SplitColumns{make_features(name),
                         make_images(name),
                         {make("captions", Hdf5Element::int32, Shape{options.caption_length}, small_rows),
                          small_rows * length},
                         {make("image_idxs", Hdf5Element::int32, Shape{}, small_rows), small_rows},
                         {make("image_ids", Hdf5Element::int64, Shape{}, small_rows), small_rows}})
        .first->second;
  }

  std::optional<Column<float>> make_features(const std::string& name) {
    if (options.feature_shape.rank() == 0) return std::nullopt;
    const std::int64_t row = options.feature_shape.numel();
    const std::int64_t element = options.element == Hdf5Element::float16 ? 2 : 4;
    const std::int64_t chunk = rows_in(chunk_bytes, row * element);
    const std::int64_t waiting = (rows_in(buffer_bytes, row * 4) + chunk - 1) / chunk * chunk * row;
    return Column<float>{
        file->create_dataset(name + "/features", options.element, options.feature_shape, chunk),
        static_cast<std::size_t>(waiting)};
  }
  std::optional<Column<std::uint8_t>> make_images(const std::string& name) {
    if (options.image_size == 0) return std::nullopt;
    const Shape shape{options.image_size, options.image_size, 3};
    return Column<std::uint8_t>{
        file->create_dataset(name + "/images", Hdf5Element::uint8, shape, 1),
        static_cast<std::size_t>(rows_in(buffer_bytes, shape.numel()) * shape.numel())};
  }
};

DataFileWriter::DataFileWriter(const std::string& path, Vocabulary vocabulary, Options options) {
  const int rank = options.feature_shape.rank();
  require(((rank == 1 || rank == 3) && options.feature_shape.numel() > 0) ||
              (rank == 0 && options.image_size > 0),
          "cannot write {}: features should have the shape [D] or [C, H, W], not {}; without features there "
          "should be "
          "pictures",
          path, to_string(options.feature_shape));
  require(options.image_size >= 0 && options.image_size <= 4096,
          "cannot write {}: pictures of {} pixels a side", path, options.image_size);
  require(options.element == Hdf5Element::float16 || options.element == Hdf5Element::float32,
          "cannot write {}: features should be float16 or float32", path);
  require(options.caption_length >= 2, "cannot write {}: captions of length {} can't hold <START> and <END>",
          path, options.caption_length);
  parse_json(options.features_description, "the description of the features");
  parse_json(options.images_description, "the description of the pictures");
  if (!options.source.empty()) parse_json(options.source, "the source of the data file");
  impl_ = std::make_unique<Impl>(path, std::move(vocabulary), std::move(options));
  Hdf5File& file = *impl_->file;
  file.set_text_attribute("format", data_file_format);
  file.set_text_attribute("version", data_file_version);
  file.set_text_attribute("creator", impl_->options.creator);
  if (rank > 0) file.set_text_attribute("features", impl_->options.features_description);
  if (impl_->options.image_size > 0) file.set_text_attribute("images", impl_->options.images_description);
  if (!impl_->options.source.empty()) file.set_text_attribute("source", impl_->options.source);
  file.set_text_attribute("vocabulary", impl_->vocabulary.to_json());
}

DataFileWriter::~DataFileWriter() = default;

std::int64_t first_misfit(std::span<const float> features, Hdf5Element element) {
  const float limit = element == Hdf5Element::float16 ? 65504.0f : INFINITY;
  for (std::size_t i = 0; i < features.size(); ++i)
    if (!std::isfinite(features[i]) || std::fabs(features[i]) > limit) return static_cast<std::int64_t>(i);
  return -1;
}

bool is_split_name(std::string_view name) {
  return name == "train" || name == "val" || name == "test";
}

std::int64_t DataFileWriter::add_image(const std::string& split, std::span<const float> features,
                                       std::int64_t image_id, const std::string& file_name,
                                       std::span<const std::uint8_t> pixels) {
  const Shape& shape = impl_->options.feature_shape;
  const std::int64_t side = impl_->options.image_size;
  SplitColumns& columns = impl_->split(split);
  const std::int64_t row = columns.image_count;
  require(static_cast<std::int64_t>(features.size()) == (columns.features ? shape.numel() : 0),
          "cannot write image {} of split {}: it has {} features, not {}", row, split, features.size(),
          shape);
  require(static_cast<std::int64_t>(pixels.size()) == side * side * 3,
          "cannot write image {} of split {}: it has {} bytes of pixels, not {} x {} x 3", row, split,
          pixels.size(), side, side);
  if (const std::int64_t i = first_misfit(features, impl_->options.element); i >= 0)
    fail("cannot write image {} of split {} to {}: feature {} is {}, which {} can't hold", row, split,
         impl_->target.path(), i, features[static_cast<std::size_t>(i)],
         impl_->options.element == Hdf5Element::float16 ? "float16" : "a data file");
  if (columns.features) columns.features->add(features);
  if (columns.images) columns.images->add(pixels);
  columns.image_ids.add(image_id);
  columns.file_names.push_back(file_name);
  return columns.image_count++;
}

void DataFileWriter::add_caption(const std::string& split, std::int64_t image_row,
                                 std::span<const std::int32_t> tokens) {
  SplitColumns& columns = impl_->split(split);
  const std::int64_t row = columns.caption_count;
  const std::int64_t length = impl_->options.caption_length;
  const std::int64_t count = static_cast<std::int64_t>(tokens.size());
  require(image_row >= 0 && image_row < columns.image_count,
          "cannot write caption {} of split {}: its image {} is not among the {} images so far", row, split,
          image_row, columns.image_count);
  require(count >= 2 && count <= length, "cannot write caption {} of split {}: it has {} tokens, not 2 to {}",
          row, split, count, length);
  for (const std::int32_t token : tokens)
    require(token >= 0 && token < impl_->vocabulary.size(),
            "cannot write caption {} of split {}: token {} is outside the vocabulary of {} words", row, split,
            token, impl_->vocabulary.size());
  std::vector<std::int32_t> caption(tokens.begin(), tokens.end());
  caption.resize(static_cast<std::size_t>(length), impl_->vocabulary.null());
  columns.captions.add(std::span<const std::int32_t>(caption));
  columns.image_idxs.add(static_cast<std::int32_t>(image_row));
  ++columns.caption_count;
}

void DataFileWriter::add_text(const std::string& split, const std::string& dataset, const std::string& text) {
  impl_->split(split).texts[dataset].push_back(text);
}

void DataFileWriter::finish() {
  require(!impl_->splits.empty(), "cannot write {}: it has no images", impl_->target.path());
  for (auto& [name, columns] : impl_->splits) {
    require(columns.image_count > 0 && columns.caption_count > 0,
            "cannot write {}: the split {} has {} images and {} captions", impl_->target.path(), name,
            columns.image_count, columns.caption_count);
    if (columns.features) columns.features->flush();
    if (columns.images) columns.images->flush();
    columns.captions.flush();
    columns.image_idxs.flush();
    columns.image_ids.flush();
    impl_->file->write_text(name + "/file_names", columns.file_names);
    for (const auto& [dataset, texts] : columns.texts) impl_->file->write_text(name + "/" + dataset, texts);
  }
  impl_->splits.clear();  // the datasets hold the file open
  impl_->file->flush();
  impl_->file.reset();
  impl_->target.commit();
}

}  // namespace dlcore
