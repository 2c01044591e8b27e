#include "models/encoder_decoder.h"

#include <utility>

#include "core/error.h"
#include "kernels/dropout.h"
#include "kernels/embedding.h"

namespace dlcore {
namespace {

constexpr std::uint64_t feature_site = 4;  // of dropout (layers/dropout.h), besides the decoder's own

}  // namespace

EncoderDecoder::EncoderDecoder(std::unique_ptr<Encoder> encoder, std::unique_ptr<CaptioningRNN> decoder,
                               Device device, double feature_dropout)
    : encoder_(std::move(encoder)),
      decoder_(std::move(decoder)),
      device_(device),
      feature_dropout_(feature_dropout) {
  require(feature_dropout >= 0 && feature_dropout < 1, "feature dropout must be in [0, 1), not {}",
          feature_dropout);
  require(encoder_ == nullptr || decoder_->config().feature_gradient,
          "an encoder is trained through the decoder's feature gradient, which its configuration lacks");
}

Tensor EncoderDecoder::without_dropped(const Context& context, const Tensor& features) const {
  if (!dropped_) return features;
  const Tensor result(features.shape(), features.dtype(), device_);
  kernels::dropout(context.stream, features, result, feature_dropout_, context.seed, context.step,
                   feature_site, features.numel());
  return result;
}

CaptionBatch EncoderDecoder::encode(const Context& context, const CaptionBatch& batch) {
  CaptionBatch result = batch.to(device_);
  dropped_ = context.training && context.dropout && feature_dropout_ > 0;
  if (encoder_ == nullptr) {
    result.features = without_dropped(context, result.features);
    return result;
  }
  const Tensor features = without_dropped(context, encoder_->forward(context, result.features));
  pictures_ = features.size(0);
  result.features = features;
  if (!result.picture_rows.defined()) return result;
  result.features = Tensor({batch.count(), features.size(1)}, features.dtype(), device_);
  kernels::gather_rows(context.stream, features, result.picture_rows, result.features, batch.count(),
                       pictures_, features.size(1));
  return result;
}

void EncoderDecoder::backward(const Context& context, const CaptionBatch& encoded, bool into_encoder) {
  decoder_->backward(context, encoded);
  if (encoder_ == nullptr || !into_encoder) return;
  const Tensor of_captions = decoder_->feature_gradient();
  if (!encoded.picture_rows.defined())
    return encoder_->backward(context, without_dropped(context, of_captions));
  const Tensor of_pictures({pictures_, of_captions.size(1)}, of_captions.dtype(), device_);
  const Tensor order({encoded.count()}, DType::int32, device_);
  of_pictures.zero(context.stream);
  kernels::sort_rows(context.stream, encoded.picture_rows, order);
  kernels::scatter_add_rows(context.stream, encoded.picture_rows, order, of_captions, of_pictures,
                            encoded.count(), pictures_, of_captions.size(1));
  encoder_->backward(context, without_dropped(context, of_pictures));
}

void EncoderDecoder::reserve(const Context& context, std::int64_t N, std::int64_t T, std::int64_t pictures) {
  decoder_->reserve(context, N, T);
  if (encoder_ != nullptr) encoder_->reserve(context, pictures);
}

}  // namespace dlcore
