// dlcore_caption MODEL PHOTO... | --features FILE.h5: writes captions for photos or for image features.
#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "core/cpu.h"
#include "core/error.h"
#include "io/caption_results.h"
#include "io/hdf5.h"
#include "io/image_set.h"
#include "io/photo_source.h"
#include "models/photo_captioner.h"
#include "tools/caption_output.h"
#include "tools/caption_page.h"
#include "tools/decoding_option.h"
#include "tools/device_option.h"
#include "tools/image_names.h"
#include "tools/ordered_pipeline.h"
#include "tools/photo_list.h"
#include "tools/plugin_option.h"
#include "tools/run_names.h"
#include "tools/run_tool.h"
#include "tools/training_consensus.h"
#include "tools/weights_option.h"

namespace {

using namespace dlcore;

struct Options {
  std::string model;
  std::string features;
  std::string split = "val";
  std::vector<std::string> photos;
  std::string weights;
  std::string urls;
  std::string annotations;
  std::string out;
  std::string html;
  std::string photo_folder;
  std::string training_config;
  std::string device = "auto";
  std::int64_t limit = 0;
  std::int64_t batch = 250;
  int threads = 0;
  DecodingOptions decoding;
  bool other_vocabulary = false;
};

// Of an image what its captions are shown with.
struct Shown {
  CaptionedImage image;
  std::optional<Thumbnail> photo = {};      // for --html
  CaptionPage::References references = {};  // for --html
};

// Captions images as their features come.
class Captioner {
 public:
  /// photos: what makes features of photos; nullptr where there are features.
  Captioner(const Options& options, const CaptionModel& model, PhotoCaptioner* photos, Device device)
      : options_(options),
        model_(model),
        stream_(device),
        consensus_(options.decoding.neighbors() == 0
                       ? nullptr
                       : training_consensus(options.model, options.training_config, model, photos, stream_)),
        output_(model.vocabulary, options.decoding.scores(), options.decoding.log_probabilities()),
        page_(model.vocabulary) {}

  /// Whether the page wants a photo of the image that comes after the next `waiting` ones.
  bool takes_photo(std::size_t waiting) const { return !options_.html.empty() && page_.takes_photo(waiting); }

  /// Of features (n, D) and what there is of their images.
  void write(const Tensor& features, std::vector<Shown> images) {
    if (options_.decoding.fixed_length()) {
      const auto words =
          model_.captioner->sample(stream_, features.to(stream_.device()),
                                   {.max_length = options_.decoding.max_length(), .fixed_length = true});
      for (std::size_t r = 0; r < words.size(); ++r) output_.write_raw(images[r].image, words[r]);
      return;
    }
    std::vector<std::uint64_t> keys;
    for (const Shown& shown : images) keys.push_back(sampling_key(shown.image.name()));
    const DecodeOptions asked = options_.decoding.of(model_.vocabulary);
    const auto by_model = [&](const DecodeOptions& how) {
      return model_.captioner->decode(stream_, features.to(stream_.device()), how, keys);
    };
    const std::int64_t neighbors = options_.decoding.neighbors();
    const auto decode = [&](const DecodeOptions& how) {
      return neighbors == 0 ? by_model(how)
                            : consensus_->decode(*model_.captioner, stream_, features, how, keys, neighbors);
    };
    if (options_.html.empty()) {
      const auto captions = decode(asked);
      for (std::size_t r = 0; r < captions.size(); ++r) output_.write(images[r].image, captions[r]);
      return;
    }
    const PageDecoding decoding(asked, neighbors);
    const auto greedy = by_model(decoding.greedy), other = decode(decoding.other);
    for (std::size_t r = 0; r < images.size(); ++r) {
      Shown& shown = images[r];
      output_.write(shown.image, decoding.asked_is_greedy ? greedy[r] : other[r]);
      page_.add(shown.image.name(), std::move(shown.photo), std::move(shown.references), decoding, greedy[r],
                other[r]);
    }
  }

  void finish() {
    if (!options_.out.empty()) write_caption_results(options_.out, output_.results());
    if (!options_.html.empty()) page_.write(options_.html, "by " + options_.model);
  }

 private:
  const Options& options_;
  const CaptionModel& model_;
  Stream stream_;
  std::unique_ptr<CaptionConsensus> consensus_;  // nullptr without --neighbors
  CaptionOutput output_;
  CaptionPage page_;
};

// The ids that a captions file has for these names.
void give_ids(std::vector<CaptionedImage>& images, const std::string& annotations) {
  std::vector<std::string> names;
  for (const CaptionedImage& image : images) names.push_back(image.file_name);
  const std::vector<std::int64_t> ids = annotated_ids(names, annotations);
  for (std::size_t i = 0; i < images.size(); ++i) images[i].id = ids[i];
}

// The captions that --annotations has, for --html, by the images' ids.
class AnnotatedReferences {
 public:
  explicit AnnotatedReferences(const Options& options) {
    if (!options.html.empty() && !options.annotations.empty()) of_id_ = references_by_id(options.annotations);
  }
  /// None where the image has no id, or no captions.
  CaptionPage::References operator()(const CaptionedImage& image) const {
    const auto found = image.id ? of_id_.find(*image.id) : of_id_.end();
    return found == of_id_.end() ? CaptionPage::References{} : found->second;
  }

 private:
  std::map<std::int64_t, CaptionPage::References> of_id_;
};

// A data file in dlcore's layout has a vocabulary of its own; captions in other words than the data's cannot
// be compared with it, and usually mean that model and data were mixed up.
void check_vocabulary(const Options& options, const Vocabulary& vocabulary) {
  const auto stored = Hdf5File::open(options.features).text_attribute("vocabulary");
  if (!stored || options.other_vocabulary) return;
  const std::string difference = vocabulary.difference(Vocabulary::from_json(*stored, options.features));
  require(difference.empty(),
          "{} was trained with another vocabulary than that of {}: {}; with --other-vocabulary it captions "
          "all the same",
          options.model, options.features, difference);
}

ImageSet open_images(const Options& options) {
  ImageSet images = open_image_set(options.features, options.split);
  require(options.urls.empty() || images.file_names.empty(),
          "--urls names the images of a features file without names, but {} has names", options.features);
  const std::string urls = options.urls.empty() ? urls_of_run(options.model, options.features) : options.urls;
  if (!urls.empty() && images.file_names.empty()) name_images(images, urls);
  return images;
}

// What is known of the first `count` images.
std::vector<CaptionedImage> known_images(const Options& options, const ImageSet& images, std::int64_t count) {
  std::vector<CaptionedImage> known(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < known.size(); ++i) {
    known[i].row = static_cast<std::int64_t>(i);
    if (!images.file_names.empty()) known[i].file_name = images.file_names[i];
    if (!images.ids_are_rows) known[i].id = images.image_ids[i];
  }
  if (!options.annotations.empty()) {
    require(!images.file_names.empty(),
            "--annotations gives ids to images by their names, but those of {} have none: --urls names them",
            options.features);
    give_ids(known, options.annotations);
  }
  return known;
}

void caption_features(const Options& options, const CaptionModel& model, Captioner& captioner) {
  const ImageSet images = open_images(options);
  const Shape& expected = model.captioner->config().feature_shape;
  require(images.features.row_shape() == expected, "{} was trained on features {}, but those of {} are {}",
          options.model, to_string(expected), options.features, to_string(images.features.row_shape()));
  check_vocabulary(options, model.vocabulary);
  const std::int64_t count = options.limit > 0 ? std::min(options.limit, images.count()) : images.count();
  std::optional<PhotoSource> photo_of;
  const AnnotatedReferences annotated(options);
  std::vector<CaptionPage::References> of_file;  // by row, or empty
  if (!options.html.empty()) {
    photo_of.emplace(images, options.photo_folder);
    if (options.annotations.empty()) of_file = references_by_row(options.features, options.split);
  }
  const std::vector<CaptionedImage> known = known_images(options, images, count);
  for (std::int64_t begin = 0; begin < count; begin += options.batch) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(std::min(options.batch, count - begin)));
    std::iota(rows.begin(), rows.end(), begin);
    const Tensor features({static_cast<std::int64_t>(rows.size()), expected.numel()}, DType::float32);
    images.features.read(rows, features.data<float>());
    std::vector<Shown> shown;
    for (const std::int64_t row : rows) {
      const auto r = static_cast<std::size_t>(row);
      Shown& image = shown.emplace_back();
      image.image = known[r];
      image.references = of_file.empty() ? annotated(image.image) : of_file[r];
      if (!captioner.takes_photo(shown.size() - 1)) continue;
      if (const auto photo = (*photo_of)(row)) image.photo = make_thumbnail(*photo);
    }
    captioner.write(features, std::move(shown));
  }
}

void caption_photos(const Options& options, PhotoCaptioner& source, Captioner& captioner) {
  std::vector<std::string> photos = list_photos(options.photos);
  if (options.limit > 0 && options.limit < static_cast<std::int64_t>(photos.size()))
    photos.resize(static_cast<std::size_t>(options.limit));
  const auto count = static_cast<std::int64_t>(photos.size());
  std::vector<CaptionedImage> known(photos.size());
  for (std::size_t i = 0; i < photos.size(); ++i) known[i].file_name = photos[i];
  if (!options.annotations.empty()) give_ids(known, options.annotations);
  const std::int64_t batch =
      std::min<std::int64_t>(options.batch, 32);  // more pictures are not encoded faster
  const AnnotatedReferences annotated(options);
  struct Read {
    Image square;
    std::optional<Thumbnail> small;
  };
  OrderedPipeline<Read> pictures(0, count, options.threads > 0 ? options.threads : cpu_threads(), 2 * batch,
                                 [&](std::int64_t i) {
                                   const Image photo = read_image(photos[static_cast<std::size_t>(i)]);
                                   Read read{source.square(photo), {}};
                                   if (!options.html.empty() && i < gallery_photos_at_most)
                                     read.small = make_thumbnail(photo);
                                   return read;
                                 });
  for (std::int64_t begin = 0; begin < count; begin += batch) {
    std::vector<Image> images;
    std::vector<Shown> shown;
    for (std::int64_t i = begin; i < std::min(begin + batch, count); ++i) {
      Read read = pictures.next();
      const auto k = static_cast<std::size_t>(i);
      images.push_back(std::move(read.square));
      shown.push_back({known[k], std::move(read.small), annotated(known[k])});
    }
    captioner.write(source.features(images), std::move(shown));
  }
}

void caption(const Options& options) {
  require(options.urls.empty() || options.photos.empty(),
          "--urls names the images of a features file, but there are photos");
  require(options.features.empty() != options.photos.empty(), "give either photos or --features: {}",
          options.photos.empty() ? "neither is there" : "both are there");
  options.decoding.check();
  require(options.html.empty() || !options.decoding.fixed_length(),
          "--html shows captions, and does not go with --fixed-length, which writes raw words");
  require(options.photo_folder.empty() || (!options.html.empty() && !options.features.empty()),
          "--photo-folder is for --html with --features");
  require(options.training_config.empty() || options.decoding.neighbors() > 0,
          "--training-config is for --neighbors");
  const Device device = announce_device(options.device);
  if (options.photos.empty()) {
    const CaptionModel model = load_model(options.model, device);
    require(model.encoder == nullptr, "{} was trained from pictures, not from features: give it photos",
            options.model);
    Captioner captioner(options, model, nullptr, device);
    caption_features(options, model, captioner);
    captioner.finish();
  } else {
    PhotoCaptioner source(options.model, device, options.weights);
    Captioner captioner(options, source.model(), &source, device);
    caption_photos(options, source, captioner);
    captioner.finish();
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Writes captions for photos or for image features: one line per caption, the image's name or id, a "
      "tab, "
      "the caption; with --n-best above 1 or --log-probs, after another tab its score.",
      "dlcore_caption");
  Options options;
  app.add_option("model", options.model, "Model file, as dlcore_train writes it (model.safetensors)")
      ->required();
  app.add_option(
      "photos", options.photos,
      "Photos (JPEG, PNG), or folders of them; the encoder is the one that made the training data");
  app.add_option("--features", options.features,
                 "HDF5 file: a data file in dlcore's layout, or one with `features`");
  add_weights_option(app, options.weights);
  app.add_option("--urls", options.urls,
                 "Features without names: text file with the file name or URL of each row, as in CS231n's "
                 "layout; without, the one that config.yaml beside the model names for these features");
  app.add_option("--annotations", options.annotations,
                 "Captions file (COCO, Karpathy, table) whose image ids --out takes, by file name or "
                 "flickr_url; without, "
                 "an image that has no id is there with its file name, by which dlcore_eval finds it, too");
  app.add_option("--threads", options.threads, "Photos: threads that read them; 0: as many as for computing")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--split", options.split, "Split of a data file in dlcore's layout")->capture_default_str();
  app.add_option("--limit", options.limit, "Only the first so many images; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--out", options.out, "Also write the captions as JSON in COCO's results format");
  app.add_option(
      "--html", options.html,
      "Also write a page that shows the photos with their captions, greedy and by beam search, and the "
      "probability of each word; with --annotations, or a data file that has captions, beside them and "
      "the worst first");
  app.add_option(
      "--photo-folder", options.photo_folder,
      "Features: folder with the photos by whose file names the data calls its images, for --html");
  app.add_option("--batch", options.batch, "Images decoded together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--other-vocabulary", options.other_vocabulary,
               "Caption a data file whose vocabulary is another one");
  options.decoding.add_to(app);
  options.decoding.add_fixed_length_to(app);
  app.add_option(
      "--training-config", options.training_config,
      "For --neighbors: the configuration (YAML) that names the training data; without, config.yaml "
      "beside the model");
  add_device_option(app, options.device);
  add_plugin_option(app);
  return run_tool(app, argc, argv, [&] { caption(options); });
}
