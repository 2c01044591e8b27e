// A small captioner with a batch, and what tests do with the two.
#pragma once

#include "models/captioner.h"
#include "tests/layers/gradient_check.h"

namespace dlcore::test {

/// Captions as rows of T tokens each, <START>=1 ... <END>=2, filled up with <NULL>=0.
std::vector<std::int32_t> token_rows(const std::vector<std::vector<std::int32_t>>& captions);

/// Captions of these numbers of words, drawn at random from 3 ... vocabulary-1.
std::vector<std::int32_t> draw_token_rows(const std::vector<std::int64_t>& words, std::int64_t vocabulary,
                                          std::uint64_t seed);

/// A captioner with odd sizes, its parameters drawn; and a batch for it.
class SmallModel {
 public:
  SmallModel(const Target& target, const CaptionerConfig& config, std::vector<std::int32_t> captions,
             std::int64_t count, std::uint64_t seed = 1);

  /// wordvec_dim 5, hidden_dim 7, a vocabulary of 11; features (3, 1, 2).
  static CaptionerConfig config(const std::string& cell);
  /// The same with everything that a captioner can have.
  static CaptionerConfig full_config(const std::string& cell);

  Context context(bool training, std::uint64_t step = 0) const {
    return {.stream = target_.stream, .training = training, .seed = 9, .step = step};
  }
  double loss(bool training = true) { return numbers(captioner.forward(context(training), batch))[0]; }
  /// Gradients to zero, then forward and backward; returns the loss.
  double run();
  /// A copy of the gradients of all parameters, and of the features where they have one.
  std::vector<Variable> gradients();

  CaptioningRNN captioner;
  CaptionBatch batch;

 private:
  Target target_;
};

/// got == factor * want, but for rounding: orders of summing differ in dozens of operations for every
/// element, behind an encoder in millions.
void check_same_gradients(const Target& target, const std::vector<Variable>& got,
                          const std::vector<Variable>& want, double factor = 1,
                          std::int64_t operations = 1000);

}  // namespace dlcore::test
