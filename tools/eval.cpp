// dlcore_eval --results captions.json --references annotations.json: scores captions as COCO's evaluation
// does.
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/caption_results.h"
#include "io/caption_tokens.h"
#include "io/text_lines.h"
#include "models/caption_scores.h"
#include "models/caption_statistics.h"
#include "models/meteor.h"
#include "tools/caption_set.h"
#include "tools/run_tool.h"

namespace {

using namespace dlcore;
using Json = nlohmann::ordered_json;

struct Options {
  std::string results;
  std::string references;
  std::string split;
  std::string training;
  std::string function_words;
  bool meteor = false;
  bool json = false;
};

struct Report {
  std::vector<std::int64_t> image_ids;
  std::int64_t all_images = 0;  // of the references' file
  ScoredCaptions scores;
  std::optional<MeteorScores> meteor;  // where asked for
  CaptionStatistics captions;
  std::int64_t references = 0;
  double reference_length = 0;                             // mean number of words
  double seen = std::numeric_limits<double>::quiet_NaN();  // share seen in training; NaN: was not asked
};

// Tokenised, by image again. All are tokenised as one text, as COCO's evaluation does.
std::vector<std::vector<std::string>> tokenized(const CaptionTokenizer& tokenize,
                                                std::vector<std::vector<std::string>> references) {
  std::vector<std::string> all;
  for (auto& captions : references) std::move(captions.begin(), captions.end(), std::back_inserter(all));
  all = tokenize(all);
  auto next = all.begin();
  for (auto& captions : references)
    for (std::string& caption : captions) caption = std::move(*next++);
  return references;
}

Report evaluate(const Options& options) {
  auto reading = std::async(std::launch::async, read_caption_set, options.references, options.split);
  auto preparing = std::async(std::launch::async, [] { return CaptionTokenizer(); });
  std::vector<CaptionResult> results = read_caption_results(options.results);
  const CaptionTokenizer tokenize = preparing.get();
  CaptionSet set = reading.get();
  Report report;
  report.all_images = static_cast<std::int64_t>(set.image_ids.size());
  ComparedCaptions compared =
      with_results(std::move(set), std::move(results), options.references, options.results);
  report.references = compared.reference_count();
  report.image_ids = std::move(compared.image_ids);
  const auto references = tokenized(tokenize, std::move(compared.references));
  const std::vector<std::string> captions = tokenize(compared.captions);
  report.scores = CaptionScorer(references)(captions);
  if (options.meteor)
    report.meteor = meteor(
        captions, references,
        options.function_words.empty() ? std::vector<std::string>{} : read_lines(options.function_words));
  report.captions = caption_statistics(captions);
  std::size_t words = 0;
  for (const auto& of_image : references)
    for (const std::string& reference : of_image) words += count_words(reference);
  report.reference_length = static_cast<double>(words) / static_cast<double>(report.references);
  if (!options.training.empty())
    report.seen = share_seen(captions, tokenize(read_training_captions(options.training)));
  return report;
}

Json scores_json(const CaptionScores& scores) {
  Json json;
  for (std::size_t n = 1; n <= scores.bleu.size(); ++n) json[fmt::format("Bleu_{}", n)] = scores.bleu[n - 1];
  json["ROUGE_L"] = scores.rouge_l;
  json["CIDEr"] = scores.cider;
  return json;
}

// coco-caption's names where it has them; what was not computed is null.
std::string json_text(const Report& report) {
  constexpr const char* meteor_key = "METEOR_exact_stem";
  Json json = scores_json(report.scores.corpus);
  if (report.meteor) json[meteor_key] = report.meteor->corpus;
  json["CIDEr_exchanged"] = report.scores.cider_exchanged;
  json["images"] = report.captions.captions;
  json["images_with_references"] = report.all_images;
  json["references"] = report.references;
  json["distinct_captions"] = report.captions.distinct;
  json["vocabulary"] = report.captions.vocabulary;
  json["mean_length"] = report.captions.length;
  json["mean_length_of_references"] = report.reference_length;
  json["share_seen_in_training"] = report.seen;
  std::string text = json.dump();
  text.back() = ',';  // its closing brace
  text += "\n\"per_image\": [";
  for (std::size_t i = 0; i < report.image_ids.size(); ++i) {
    Json image;
    image["image_id"] = report.image_ids[i];
    image.update(scores_json(report.scores.images[i]));
    if (report.meteor) image[meteor_key] = report.meteor->images[i];
    text += (i == 0 ? "\n" : ",\n") + image.dump();
  }
  return text + "\n]}\n";
}

std::string table(const Report& report) {
  std::string text;
  const auto line = [&](const std::string& name, const std::string& value) {
    text += fmt::format("{:<28}{}\n", name, value);
  };
  const CaptionScores& scores = report.scores.corpus;
  line("images", fmt::format("{} of {} that have references", report.captions.captions, report.all_images));
  line("references", fmt::format("{:.2f} of each image", static_cast<double>(report.references) /
                                                             static_cast<double>(report.captions.captions)));
  for (std::size_t n = 1; n <= scores.bleu.size(); ++n)
    line(fmt::format("BLEU-{}", n), fmt::format("{:.4f}", scores.bleu[n - 1]));
  line("ROUGE-L", fmt::format("{:.4f}", scores.rouge_l));
  if (report.meteor) line("METEOR (exact, stem)", fmt::format("{:.4f}", report.meteor->corpus));
  line("CIDEr-D", fmt::format("{:.4f}", scores.cider));
  if (report.captions.captions > 1)
    line("CIDEr-D, images exchanged", fmt::format("{:.4f}", report.scores.cider_exchanged));
  line("distinct captions", fmt::format("{} of {}", report.captions.distinct, report.captions.captions));
  line("different words", fmt::format("{}", report.captions.vocabulary));
  line("words of a caption",
       fmt::format("{:.2f}, of a reference {:.2f}", report.captions.length, report.reference_length));
  if (report.seen == report.seen) line("seen in training", fmt::format("{:.1f}%", 100 * report.seen));
  return text;
}

void eval(const Options& options) {
  const Report report = evaluate(options);
  fmt::print("{}", options.json ? json_text(report) : table(report));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Scores captions as COCO's evaluation does (pycocoevalcap's BLEU, ROUGE-L and CIDEr, with its "
      "tokeniser), "
      "and says how much they repeat themselves.",
      "dlcore_eval");
  Options options;
  app.add_option("--results", options.results,
                 "Captions in COCO's results format, as dlcore_caption --out writes them; only their images "
                 "are evaluated")
      ->required();
  app.add_option(
         "--references", options.references,
         "Captions to compare with: COCO's captions JSON, Karpathy's dataset_*.json, a table of file and "
         "caption, or a data file, whose captions are cut and have <UNK> for rare words")
      ->required();
  app.add_option("--split", options.split,
                 "Only references of this split: train, val or test; a data file needs it");
  app.add_option(
      "--training", options.training,
      "Captions the model was trained with, in any of these kinds (the train split, where it has splits): "
      "prints which share of the captions is one of them");
  CLI::Option* meteor = app.add_flag(
      "--meteor", options.meteor,
      "Also METEOR with its matchers \"exact\" and \"stem\", without its synonyms and paraphrases");
  app.add_option("--function-words", options.function_words,
                 "Words that METEOR counts a third of others, one per line, as its function/english.words; "
                 "without, all words count the same")
      ->needs(meteor);
  app.add_flag("--json", options.json, "Prints JSON, with the scores of each image");
  return run_tool(
      app, argc, argv, [&] { eval(options); }, Waiting::as_it_is);
}
