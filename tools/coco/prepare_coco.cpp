#include "tools/coco/prepare_coco.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "core/format.h"
#include "core/stopwatch.h"
#include "io/caption_tokens.h"
#include "io/data_file.h"
#include "io/json_text.h"
#include "io/partial_rows.h"
#include "tools/coco/coco_settings.h"
#include "tools/ordered_pipeline.h"
#include "tools/progress.h"

namespace dlcore {

namespace {

// Batches begin at multiples of it: an encoder's last bits may depend on what is in its batch, and a run that
// goes on after an interruption should give the same ones.
constexpr std::int64_t batch_size = 32;

std::int64_t file_size(const PictureList::Picture& picture) {
  std::error_code error;
  const auto size = std::filesystem::file_size(picture.path(), error);
  return error ? -1 : static_cast<std::int64_t>(size);
}

// A picture on its way from the threads that read to the encoder.
struct ReadPicture {
  PartialRows::Item item;
  Image input;   // for the encoder
  Image stored;  // for the file
  double seconds = 0;
};

struct Preparation {
  const CocoOptions& options;
  FeatureExtractor* extractor;
  PictureList list;
  PrepareReport report;

  ReadPicture read(const PictureList::Picture& picture) const;
  void make_rows(PartialRows& rows);
  void make_batch(std::span<ReadPicture> batch, std::int64_t first, PartialRows& rows);
  void drop_unread(const PartialRows& rows);
  Vocabulary tokenize(const PartialRows& rows);
  void write(const PartialRows& rows, const Vocabulary& vocabulary);
};

ReadPicture Preparation::read(const PictureList::Picture& picture) const {
  const Stopwatch watch;
  ReadPicture result;
  result.item.source_size = file_size(picture);
  try {
    const Image image = read_image(picture.path());
    if (extractor) result.input = make_square(image, extractor->image_size(), options.fit);
    if (options.store_images > 0) result.stored = make_square(image, options.store_images, options.fit);
  } catch (const Error& error) {
    result.item.problem = error.what();
  }
  result.seconds = watch.seconds();
  return result;
}

void Preparation::make_batch(std::span<ReadPicture> batch, std::int64_t first, PartialRows& rows) {
  std::vector<PartialRows::Item> items;
  std::vector<Image> inputs;
  std::vector<std::int64_t> whose;
  std::vector<std::uint8_t> pixels;
  for (ReadPicture& picture : batch) {
    report.read_seconds += picture.seconds;
    items.push_back(std::move(picture.item));
    if (!items.back().problem.empty()) continue;
    whose.push_back(first + static_cast<std::int64_t>(items.size()) - 1);
    if (extractor) inputs.push_back(std::move(picture.input));
    pixels.insert(pixels.end(), picture.stored.pixels.begin(), picture.stored.pixels.end());
  }
  std::vector<float> features;
  if (extractor && !inputs.empty()) {
    const Stopwatch watch;
    const auto size = static_cast<std::size_t>(extractor->feature_shape().numel());
    features.resize(inputs.size() * size);
    extractor->extract(inputs, features);
    report.encode_seconds += watch.seconds();
    const Hdf5Element element = options.float32 ? Hdf5Element::float32 : Hdf5Element::float16;
    if (const std::int64_t bad = first_misfit(features, element); bad >= 0) {
      const std::size_t at = static_cast<std::size_t>(bad);
      fail("the encoder's feature {} of {} is {}, which {}", at % size,
           list.pictures[static_cast<std::size_t>(whose[at / size])].path(), features[at],
           options.float32 ? "is no number" : "float16 can't hold: --float32 may");
    }
  }
  rows.append(items, features, pixels);
}

void Preparation::make_rows(PartialRows& rows) {
  const auto total = static_cast<std::int64_t>(list.pictures.size());
  const auto begin = static_cast<std::int64_t>(rows.items().size());
  const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
  report.threads = options.threads > 0 ? options.threads : static_cast<int>(processors);
  report.kept = begin;
  Progress progress(options.quiet ? Progress::Detail::lines_only : Progress::Detail::all);
  if (begin > 0)
    progress.line(fmt::format("going on where an interrupted run was: {} of {} pictures are done",
                              readable_count(begin), readable_count(total)));
  const Stopwatch watch;
  const std::int64_t window = 2 * batch_size + std::int64_t{2} * report.threads;
  OrderedPipeline<ReadPicture> pipeline(begin, total, report.threads, window, [&](std::int64_t i) {
    return read(list.pictures[static_cast<std::size_t>(i)]);
  });
  std::vector<ReadPicture> batch;
  for (std::int64_t i = begin; i < total; ++i) {
    batch.push_back(pipeline.next());
    if ((i + 1) % batch_size != 0 && i + 1 < total) continue;
    make_batch(batch, i + 1 - static_cast<std::int64_t>(batch.size()), rows);
    batch.clear();
    const double speed = static_cast<double>(i + 1 - begin) / std::max(watch.seconds(), 1e-9);
    progress.show(i + 1, total,
                  fmt::format("pictures, {:.0f}/s, {} left", speed,
                              readable_seconds(static_cast<double>(total - i - 1) / std::max(speed, 1e-9))));
  }
  report.seconds = watch.seconds();
  report.made = std::count_if(rows.items().begin() + begin, rows.items().end(),
                              [](const auto& item) { return item.problem.empty(); });
}

// Takes pictures without a row off the list: then picture i has row i.
void Preparation::drop_unread(const PartialRows& rows) {
  std::vector<PictureList::Picture> readable;
  std::string first;
  for (std::size_t i = 0; i < list.pictures.size(); ++i) {
    const auto& item = rows.items()[i];
    if (item.problem.empty()) {
      readable.push_back(std::move(list.pictures[i]));
      continue;
    }
    if (first.empty()) first = item.problem;
    report.dropped_as(item.source_size < 0 ? "pictures that are missing" : "pictures that can't be read")
        .names.push_back(item.problem);
  }
  list.pictures = std::move(readable);
  require(list.count("train") > 0, "none of the pictures for training could be read; for instance, {}",
          first);
}

// Replaces the captions by their words, and takes those without words away.
Vocabulary Preparation::tokenize(const PartialRows& rows) {
  drop_unread(rows);
  const CaptionTokenizer tokenizer;
  std::map<std::string, std::int64_t> uses;
  for (auto& picture : list.pictures) {
    std::erase_if(picture.captions, [&](std::string& caption) {
      std::string words = tokenizer(std::string_view(caption));
      if (words.empty())
        report.dropped_as("captions without a word")
            .names.push_back(picture.file_name + ": " + to_text(caption));
      caption = std::move(words);
      return caption.empty();
    });
    if (picture.captions.empty())
      report.dropped_as("pictures whose captions have no words").names.push_back(picture.file_name);
    if (picture.split != "train") continue;
    for (const std::string& caption : picture.captions)
      for (const std::string_view word : split_words(caption)) ++uses[std::string(word)];
  }
  Vocabulary vocabulary = Vocabulary::from_uses(uses, options.min_count, "the vocabulary of " + options.out);
  report.vocabulary = vocabulary.size();
  report.rare_words = static_cast<std::int64_t>(uses.size()) - (vocabulary.size() - 4);
  return vocabulary;
}

void Preparation::write(const PartialRows& rows, const Vocabulary& vocabulary) {
  DataFileWriter::Options wanted;
  wanted.element = options.float32 ? Hdf5Element::float32 : Hdf5Element::float16;
  wanted.caption_length = options.max_words + 2;
  wanted.creator = "dlcore_prepare coco";
  wanted.source = file_settings(options, list.fingerprint, extractor);
  wanted.image_size = options.store_images;
  wanted.images_description =
      to_text({{"size", options.store_images}, {"fit", name_of(options.fit)}, {"channels", "RGB"}});
  if (extractor) {
    wanted.feature_shape = extractor->feature_shape();
    wanted.features_description = extractor->description();
  }
  DataFileWriter writer(rows.finished_path(), vocabulary, wanted);
  std::vector<float> features(extractor ? static_cast<std::size_t>(wanted.feature_shape.numel()) : 0);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * options.store_images * options.store_images));
  std::int64_t row = -1;
  for (const auto& picture : list.pictures) {
    ++row;
    if (picture.captions.empty()) continue;
    if (report.splits.empty() || report.splits.back().name != picture.split)
      report.splits.push_back({picture.split});
    PrepareReport::Split& split = report.splits.back();
    rows.read(row, features, pixels);
    const std::int64_t written =
        writer.add_image(picture.split, features, picture.id, picture.file_name, pixels);
    ++split.images;
    for (const std::string& caption : picture.captions) {
      std::vector<std::int32_t> tokens = vocabulary.encode(caption);
      if (static_cast<std::int64_t>(tokens.size()) > wanted.caption_length) {
        tokens.resize(static_cast<std::size_t>(wanted.caption_length));
        tokens.back() = vocabulary.end();
        ++report.cut_captions;
      }
      writer.add_caption(picture.split, written, tokens);
      ++split.captions;
      split.words += static_cast<std::int64_t>(tokens.size()) - 2;
      split.unknown += std::count(tokens.begin(), tokens.end(), vocabulary.unk());
    }
  }
  writer.finish();
}

}  // namespace

PrepareReport prepare_coco(const CocoOptions& options, FeatureExtractor* extractor) {
  require(extractor || options.store_images > 0,
          "there is nothing to write into {}: features need --encoder, pictures --store-images", options.out);
  Preparation work{options, extractor, list_pictures(options.source), {}};
  work.report.notes = work.list.notes;
  work.report.max_words = options.max_words;
  if (!work.list.uncaptioned.empty())
    work.report.dropped_as("images without a caption").names = std::move(work.list.uncaptioned);
  PartialRows rows(
      options.out,
      {.settings = row_settings(options, work.list.fingerprint, extractor),
       .item_count = static_cast<std::int64_t>(work.list.pictures.size()),
       .feature_size = extractor ? extractor->feature_shape().numel() : 0,
       .element = options.float32 ? Hdf5Element::float32 : Hdf5Element::float16,
       .image_bytes = 3 * options.store_images * options.store_images,
       .restart = options.restart},
      [&](std::int64_t i) { return file_size(work.list.pictures.at(static_cast<std::size_t>(i))); });
  work.make_rows(rows);
  work.write(rows, work.tokenize(rows));
  rows.publish();
  return work.report;
}

}  // namespace dlcore
