// An encoder and a decoder as one model, from pictures to the loss; or a decoder alone, from features.
#pragma once

#include <cstdint>
#include <memory>

#include "models/captioner.h"
#include "models/encoder.h"

namespace dlcore {

class EncoderDecoder {
 public:
  /// encoder: nullptr where batches have features. With one, `decoder` needs config().feature_gradient.
  /// feature_dropout, in [0, 1): probability of dropping an element of the features in training.
  EncoderDecoder(std::unique_ptr<Encoder> encoder, std::unique_ptr<CaptioningRNN> decoder, Device device,
                 double feature_dropout = 0);

  Encoder* encoder() { return encoder_.get(); }
  CaptioningRNN& decoder() { return *decoder_; }

  /// The batch on the device, with a row of features for each caption: pictures (N, S, S, 3), or (U, S, S, 3)
  /// with picture_rows, become features (N, D). In training with dropout on the features: the captions of one
  /// picture in a batch have lost the same ones.
  CaptionBatch encode(const Context& context, const CaptionBatch& batch);

  /// The loss of a batch that encode() returned; with context.training, backward may follow.
  Tensor forward(const Context& context, const CaptionBatch& encoded) {
    return decoder_->forward(context, encoded);
  }

  /// Adds the gradients of the last encode and forward to those of the parameters; those of the encoder only
  /// where `into_encoder` says so. The gradient of a picture's features is the sum over its captions.
  void backward(const Context& context, const CaptionBatch& encoded, bool into_encoder = true);

  /// Makes room for batches of up to N captions of T tokens, of `pictures` pictures.
  void reserve(const Context& context, std::int64_t N, std::int64_t T, std::int64_t pictures);

 private:
  // The features, or on the way back their gradient, without the elements that the last encode dropped.
  Tensor without_dropped(const Context& context, const Tensor& features) const;

  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<CaptioningRNN> decoder_;
  Device device_;
  double feature_dropout_;
  bool dropped_ = false;       // by the last encode
  std::int64_t pictures_ = 0;  // U of the last batch
};

}  // namespace dlcore
