#include "models/encoder_decoder.h"

#include <utility>

#include "core/error.h"
#include "kernels/embedding.h"

namespace dlcore {

EncoderDecoder::EncoderDecoder(std::unique_ptr<Encoder> encoder, std::unique_ptr<CaptioningRNN> decoder,
                               Device device)
    : encoder_(std::move(encoder)), decoder_(std::move(decoder)), device_(device) {
  require(encoder_ == nullptr || decoder_->config().feature_gradient,
          "an encoder is trained through the decoder's feature gradient, which its configuration lacks");
}

CaptionBatch EncoderDecoder::encode(const Context& context, const CaptionBatch& batch) {
  CaptionBatch result = batch.to(device_);
  if (encoder_ == nullptr) return result;
  const Tensor features = encoder_->forward(context, result.features);
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
  if (!encoded.picture_rows.defined()) return encoder_->backward(context, of_captions);
  const Tensor of_pictures({pictures_, of_captions.size(1)}, of_captions.dtype(), device_);
  const Tensor order({encoded.count()}, DType::int32, device_);
  of_pictures.zero(context.stream);
  kernels::sort_rows(context.stream, encoded.picture_rows, order);
  kernels::scatter_add_rows(context.stream, encoded.picture_rows, order, of_captions, of_pictures,
                            encoded.count(), pictures_, of_captions.size(1));
  encoder_->backward(context, of_pictures);
}

void EncoderDecoder::reserve(const Context& context, std::int64_t N, std::int64_t T, std::int64_t pictures) {
  decoder_->reserve(context, N, T);
  if (encoder_ != nullptr) encoder_->reserve(context, pictures);
}

}  // namespace dlcore
