// Decoding without any care for time: what beam search and sampling are compared with.
#pragma once

#include <functional>
#include <vector>

#include "models/captioner.h"
#include "models/decode_step.h"

namespace dlcore::test {

using Words = std::vector<std::int32_t>;
/// Log-probabilities of all words after these.
using NextLogs = std::function<std::vector<double>(const Words&)>;

/// Made-up ones that depend on image and words, V of them. `spread`: the deviation of the scores.
NextLogs made_up(std::int64_t V, std::uint64_t seed, double spread = 1.5);

/// Those of a captioner for one image, by the formulas in models/captioner.h, in double.
NextLogs next_logs_of(const CaptioningRNN& captioner, const std::vector<double>& features);

/// What it says of a caption: of its words, and of <END> if there are fewer than max_length.
std::vector<double> logs_of(const Words& words, const NextLogs& next, std::int64_t max_length);

/// All captions that the options allow, the best first.
std::vector<Caption> all_captions(const NextLogs& next, const DecodeOptions& options);

/// Beam search as its header has it, but for the end: it goes on until nothing is left.
std::vector<Caption> plain_beam_search(const NextLogs& next, const DecodeOptions& options);

/// Whether the options allow a caption.
bool allowed(const Caption& caption, const DecodeOptions& options);

/// What the steps of images with these distributions are.
class MadeUpSteps {
 public:
  explicit MadeUpSteps(std::vector<NextLogs> images) : images_(std::move(images)) {}
  StepWords top(const StepRows& rows, std::int64_t k);
  int steps() const { return steps_; }

 private:
  struct Row {
    std::size_t image;
    Words words;
  };
  std::vector<NextLogs> images_;
  std::vector<Row> rows_;
  int steps_ = 0;
};

}  // namespace dlcore::test
