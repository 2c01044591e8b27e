// dlcore_caption MODEL --features FILE.h5: writes captions for image features.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "core/error.h"
#include "io/caption_results.h"
#include "io/hdf5.h"
#include "io/image_set.h"
#include "models/model_file.h"
#include "tools/device_option.h"
#include "tools/run_tool.h"

namespace {

using namespace dlcore;

struct Options {
  std::string model;
  std::string features;
  std::string split = "val";
  std::string out;
  std::string device = "auto";
  std::int64_t limit = 0;
  std::int64_t batch = 250;
  SampleOptions sample;
  bool other_vocabulary = false;
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

void caption(const Options& options) {
  const Device device = announce_device(options.device);
  const CaptionModel model = load_model(options.model, device);
  const ImageSet images = open_image_set(options.features, options.split);
  const Shape& expected = model.captioner->config().feature_shape;
  require(images.features.row_shape() == expected, "{} was trained on features {}, but those of {} are {}",
          options.model, to_string(expected), options.features, to_string(images.features.row_shape()));
  check_vocabulary(options, model.vocabulary);

  const std::int64_t count = options.limit > 0 ? std::min(options.limit, images.count()) : images.count();
  const Stream stream(device);
  std::vector<CaptionResult> results;
  for (std::int64_t begin = 0; begin < count; begin += options.batch) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(std::min(options.batch, count - begin)));
    std::iota(rows.begin(), rows.end(), begin);
    const Tensor features({static_cast<std::int64_t>(rows.size()), expected.numel()}, DType::float32);
    images.features.read(rows, features.data<float>());
    const auto captions = model.captioner->sample(stream, features.to(device), options.sample);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto image = static_cast<std::size_t>(rows[r]);
      std::string text = options.sample.fixed_length ? "" : model.vocabulary.decode(captions[r]);
      if (options.sample.fixed_length)
        for (const auto word : captions[r]) text += (text.empty() ? "" : " ") + model.vocabulary.word(word);
      fmt::print(
          "{}\t{}\n",
          images.file_names.empty() ? std::to_string(images.image_ids[image]) : images.file_names[image],
          text);
      results.push_back({images.image_ids[image], std::move(text)});
    }
  }
  if (!options.out.empty()) write_caption_results(options.out, results);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes captions for image features: one line per image, its name or id, a tab, the caption.",
               "dlcore_caption");
  Options options;
  app.add_option("model", options.model, "Model file, as dlcore_train writes it (model.safetensors)")
      ->required();
  app.add_option("--features", options.features,
                 "HDF5 file: a data file in dlcore's layout, or one with `features`")
      ->required();
  app.add_option("--split", options.split, "Split of a data file in dlcore's layout")->capture_default_str();
  app.add_option("--limit", options.limit, "Only the first so many images; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--out", options.out, "Also write the captions as JSON in COCO's results format");
  app.add_option("--max-length", options.sample.max_length, "Words of a caption at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--fixed-length", options.sample.fixed_length,
               "The report's mode: always --max-length steps, the raw words with <START> in front");
  app.add_option("--batch", options.batch, "Images decoded together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--other-vocabulary", options.other_vocabulary,
               "Caption a data file whose vocabulary is another one");
  add_device_option(app, options.device);
  return run_tool(app, argc, argv, [&] { caption(options); });
}
