#include "models/word_sampling.h"

#include <numeric>

#include "core/philox.h"

namespace dlcore {

double drawing_number(std::uint64_t seed, std::uint64_t key, std::int64_t caption, std::int64_t step) {
  const std::uint64_t place = (static_cast<std::uint64_t>(caption) << 32) | static_cast<std::uint64_t>(step);
  const PhiloxWords random = philox(seed, place, key);
  const std::uint64_t high = random.word[0] >> 5, low = random.word[1] >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

std::vector<std::vector<Caption>> sample_captions(std::int64_t images, const DecodeTokens& tokens,
                                                  const DecodeOptions& options,
                                                  std::span<const std::uint64_t> keys,
                                                  const DrawWords& step) {
  struct Live {
    std::size_t image, caption;
    std::int32_t parent;  // row of the step before
  };
  const auto n = static_cast<std::size_t>(options.n_best);
  std::vector<std::vector<Caption>> captions(static_cast<std::size_t>(images), std::vector<Caption>(n));
  std::vector<Live> live;
  for (std::size_t i = 0; i < captions.size(); ++i)
    for (std::size_t s = 0; s < n; ++s) live.push_back({i, s, static_cast<std::int32_t>(i)});
  for (std::int64_t t = 0; t < options.max_length && !live.empty(); ++t) {
    StepRows rows;
    std::vector<double> uniform;
    for (const auto& [image, caption, parent] : live) {
      add_row(rows, parent, captions[image][caption].words, tokens, options);
      uniform.push_back(drawing_number(options.seed, keys[image], static_cast<std::int64_t>(caption), t));
    }
    const StepWords next = step(rows, uniform);
    check_probabilities(next);
    std::vector<Live> longer;
    for (std::size_t r = 0; r < live.size(); ++r) {
      if (next.word[r] < 0) fail_without_caption(options);
      Caption& caption = captions[live[r].image][live[r].caption];
      caption.log_probabilities.push_back(next.log_probability[r]);
      if (next.word[r] == tokens.end) continue;
      caption.words.push_back(next.word[r]);
      longer.push_back({live[r].image, live[r].caption, static_cast<std::int32_t>(r)});
    }
    live = std::move(longer);
  }
  for (auto& of_image : captions)
    for (auto& caption : of_image)
      caption.score =
          std::accumulate(caption.log_probabilities.begin(), caption.log_probabilities.end(), 0.0);
  return captions;
}

}  // namespace dlcore
