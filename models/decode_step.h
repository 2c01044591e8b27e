// What decoding asks of a model, and how words are banned: hypotheses go on by one word, row by row. Beam
// search and sampling know nothing else of it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "models/decode_options.h"

namespace dlcore {

/// Words with a meaning of their own.
struct DecodeTokens {
  std::int32_t null = 0, start = 1, end = 2;
};

/// Hypotheses that go on. In the first step, after <START>, the images are the parents.
struct StepRows {
  std::vector<std::int32_t> parent;           // (rows): the row of the step before that each one continues
  std::vector<std::int32_t> word;             // (rows): the word with which it did
  std::vector<std::int32_t> banned_begin{0};  // (rows + 1): row r must not go on with the words
  std::vector<std::int32_t> banned;           // banned[banned_begin[r]] to banned[banned_begin[r + 1] - 1]

  std::int64_t count() const { return static_cast<std::int64_t>(parent.size()); }
};

/// The words that come next: k for each row, the best first; -1 where there are no more. A row without
/// probabilities, where scores are NaN, has NaN.
struct StepWords {
  std::int64_t k = 1;
  std::vector<std::int32_t> word;       // (rows, k)
  std::vector<double> log_probability;  // (rows, k)
};

using TopWords = std::function<StepWords(const StepRows& rows, std::int64_t k)>;
/// One word per row, drawn by uniform[row] in [0, 1).
using DrawWords = std::function<StepWords(const StepRows& rows, std::span<const double> uniform)>;

/// Adds a row for a hypothesis with these words: never <NULL> or <START>, no suppressed word, no <END> before
/// min_length, no word that would repeat an n-gram.
void add_row(StepRows& rows, std::int32_t parent, std::span<const std::int32_t> words,
             const DecodeTokens& tokens, const DecodeOptions& options);

/// The score of Caption.
double caption_score(double total, std::size_t length, double length_penalty);

/// Throws Error where a row has no probabilities.
void check_probabilities(const StepWords& words);

/// Throws Error: the options leave an image no caption.
[[noreturn]] void fail_without_caption(const DecodeOptions& options);

}  // namespace dlcore
