// dlcore_eval's two files: results, and behind a zero byte the references.
#include "io/caption_results.h"

#include <filesystem>

#include "io/atomic_file.h"
#include "io/caption_tokens.h"
#include "models/caption_scores.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"
#include "tools/caption_set.h"

namespace dlcore::fuzz {
namespace {

void check_written(const std::vector<CaptionResult>& results) {
  const std::string path = InputFile::beside("written.json");
  write_caption_results(path, results);
  const std::vector<CaptionResult> back = read_caption_results(path);
  std::filesystem::remove(path);
  expect(back.size() == results.size(), "another number of results comes back");
  for (std::size_t i = 0; i < back.size(); ++i)
    expect(image_of(back[i]) == image_of(results[i]) && back[i].caption == results[i].caption,
           "another result comes back for " + image_of(results[i]));
}

void check_scores(const ComparedCaptions& compared) {
  static const CaptionTokenizer tokenize;
  std::vector<std::vector<std::string>> references;
  for (const auto& texts : compared.references) references.push_back(tokenize(texts));
  const ScoredCaptions scores = CaptionScorer(references)(tokenize(compared.captions));
  expect(scores.images.size() == compared.image_ids.size(), "as many scores as images");
  for (const double bleu : scores.corpus.bleu) expect(bleu >= 0 && bleu <= 1 + 1e-9, "a BLEU outside 0 to 1");
  expect(scores.corpus.cider >= 0 && scores.corpus.rouge_l >= 0, "a score that is no number");
}

}  // namespace

int fuzz_results(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  const std::size_t end = std::min(input.find('\0'), input.size());
  const InputFile file(input.substr(0, end), "results.json");
  std::vector<CaptionResult> results;
  if (!accepted([&] { results = read_caption_results(file.path()); })) return 0;
  check_written(results);
  file.check_folder();
  if (end >= input.size()) return 0;
  accepted([&] {
    const InputFile references(input.substr(end + 1), "references.json");
    check_scores(with_results(read_caption_set(references.path(), ""), std::move(results), references.path(),
                              file.path()));
  });
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
