#include "models/decode_step.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace dlcore {

void add_row(StepRows& rows, std::int32_t parent, std::span<const std::int32_t> words,
             const DecodeTokens& tokens, const DecodeOptions& options) {
  rows.parent.push_back(parent);
  rows.word.push_back(words.empty() ? tokens.start : words.back());
  std::vector<std::int32_t>& banned = rows.banned;
  banned.insert(banned.end(), {tokens.null, tokens.start});
  banned.insert(banned.end(), options.suppressed.begin(), options.suppressed.end());
  const auto length = static_cast<std::int64_t>(words.size());
  if (length < options.min_length) banned.push_back(tokens.end);
  const std::int64_t n = options.no_repeat_ngram;
  if (n > 0 && length >= n) {
    const auto last = words.last(static_cast<std::size_t>(n - 1));
    for (std::int64_t at = 0; at + n <= length; ++at)
      if (std::equal(last.begin(), last.end(), words.begin() + at))
        banned.push_back(words[static_cast<std::size_t>(at + n - 1)]);
  }
  rows.banned_begin.push_back(static_cast<std::int32_t>(banned.size()));
}

double caption_score(double total, std::size_t length, double length_penalty) {
  return total / std::pow(static_cast<double>(length), length_penalty);
}

void check_probabilities(const StepWords& words) {
  for (const double value : words.log_probability)
    require(!std::isnan(value),
            "decoding: the scores of the words are not finite: there are NaN or infinities in the model's "
            "parameters or in the features");
}

void fail_without_caption(const DecodeOptions& options) {
  fail(
      "decoding: there is no caption: min_length {}, no_repeat_ngram {} and {} suppressed words leave no "
      "word "
      "to go on with",
      options.min_length, options.no_repeat_ngram, options.suppressed.size());
}

}  // namespace dlcore
