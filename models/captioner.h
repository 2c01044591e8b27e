// CaptioningRNN: image features to a caption, word by word.
//
//   h0 = f(features W_project + b_project)          (features of a C x H x W grid flattened; c0 = 0; f: by
//                                                    default the identity)
//   x_t = embed[word_t];  h_t = cell(x_t, h_{t-1})   (RNN or LSTM)
//   scores_t = h_t W_score + b_score;  loss = temporal softmax loss against word_{t+1}
//
// Optionally the features are standardised per channel first, and dropout acts on x_t, on h_t before the
// scores, and on h_{t-1} in the cell. Source: EECS 498-007/598-005 assignment 5, after CS231n assignment 3;
// Vinyals et al., "Show and Tell", CVPR 2015.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layers/graph.h"
#include "layers/recurrent.h"
#include "layers/vocabulary_loss.h"
#include "models/caption_batch.h"
#include "models/decode_options.h"

namespace dlcore {

struct CaptionerConfig {
  std::string cell = "lstm";            // a name in the table of cells (layers/cells.h)
  Shape feature_shape;                  // (D) or (C, H, W)
  std::int64_t vocabulary_size = 0;     // V
  std::string initial_activation = {};  // f: of the table of layers, one without attributes; empty: none
  std::int64_t wordvec_dim = 256;
  std::int64_t hidden_dim = 512;
  double dropout =
      0;  // in [0, 1): of word vectors and of hidden states before the scores, unless the next say
  std::optional<double> embed_dropout = {};
  std::optional<double> output_dropout = {};
  double state_dropout = 0;     // of the state from step to step (layers/recurrent.h)
  bool standardize = false;     // features by statistics kept with the weights
  std::int32_t null_index = 0;  // padding, never a target that counts
  std::int32_t start_index = 1;
  std::int32_t end_index = 2;
  double label_smoothing = 0;     // in training (layers/temporal_softmax_loss.h)
  bool feature_gradient = false;  // backward goes on into the features: for an encoder before the captioner

  double of_embedding() const { return embed_dropout.value_or(dropout); }
  double of_output() const { return output_dropout.value_or(dropout); }
  std::int64_t feature_size() const { return feature_shape.numel(); }
  /// Features per channel: C and H * W for a grid, D and 1 for a vector.
  std::int64_t channels() const { return feature_shape[0]; }
  std::int64_t spatial() const { return feature_size() / channels(); }
};

struct SampleOptions {
  std::int64_t max_length = 16;  // words at most, <END> included
  /// The report's mode: always max_length steps, with <START> in front of the result.
  bool fixed_length = false;
};

class CaptioningRNN {
 public:
  /// Throws Error for an unknown cell, an initial activation that is none, sizes that are not positive and a
  /// dropout outside [0, 1).
  CaptioningRNN(const CaptionerConfig& config, DType type, Device device);

  const CaptionerConfig& config() const { return config_; }
  DType dtype() const { return type_; }
  ParameterSet& parameters() { return graph_.parameters(); }
  const ParameterSet& parameters() const { return graph_.parameters(); }
  Graph& graph() { return graph_; }

  /// W = randn / sqrt(fan in), embedding randn / sqrt(V), biases 0.
  void initialize(std::uint64_t seed);

  /// The loss of a batch, (1) on the model's device; with context.training, backward may follow.
  /// context.packing is set from the batch. Features are converted to the model's type.
  Tensor forward(const Context& context, const CaptionBatch& batch);
  /// Adds the gradients of the last forward to those of the parameters.
  void backward(const Context& context, const CaptionBatch& batch);
  /// After backward, with config.feature_gradient: gradient of the features, (N, D).
  Tensor feature_gradient() const { return graph_.input_gradient("features"); }

  /// Makes room for batches of up to N captions of T tokens, so that none of them allocates.
  void reserve(const Context& context, std::int64_t N, std::int64_t T);

  /// Greedy captions of n images: features (n, D) to n rows of words, each up to and without <END>
  /// (fixed_length: exactly max_length words after <START>).
  std::vector<std::vector<std::int32_t>> sample(const Stream& stream, const Tensor& features,
                                                const SampleOptions& options) const;

  /// Captions of n images in one of the ways of DecodeOptions, for each image the n best, in as many parts as
  /// memory asks for: features (n, D) to n lists. keys (n): what a drawn caption's random numbers come from
  /// besides the seed, so that an image has the same captions in every batch; empty: its row number. Throws
  /// Error for options that make no sense and scores that are not finite.
  std::vector<std::vector<Caption>> decode(const Stream& stream, const Tensor& features,
                                           const DecodeOptions& options,
                                           std::span<const std::uint64_t> keys = {}) const;

  /// For each of a batch's tokens the word that the model draws after it, given those before it in the
  /// batch's captions; no <NULL>, <START> and <END>. Without dropout. uniform: (tokens) in [0, 1), by which
  /// each is drawn
  std::vector<std::int32_t> draw_next(const Stream& stream, const CaptionBatch& batch,
                                      std::span<const double> uniform) const;

 private:
  std::vector<Caption> greedy(const Stream& stream, const Tensor& features, const SampleOptions& options,
                              bool log_probabilities) const;
  Tensor initial_hidden(const Stream& stream, const Tensor& features) const;

  CaptionerConfig config_;
  DType type_;
  Device device_;
  Graph graph_;
  const Layer* standardize_ = nullptr;
  const Layer* project_ = nullptr;
  const Layer* initial_activation_ = nullptr;
  const Layer* embed_ = nullptr;
  const RecurrentLayer* cell_ = nullptr;
  const VocabularyLoss* score_ = nullptr;
};

}  // namespace dlcore
