#include "models/word_chooser.h"

#include "kernels/channels.h"
#include "kernels/gemm.h"
#include "kernels/reduce.h"
#include "kernels/screened_arg_max.h"

namespace dlcore {
namespace {

// Turning and rounding W costs about as much as it saves for this many words.
constexpr std::int64_t words_worth_it = 512;

}  // namespace

WordChooser::WordChooser(const Stream& stream, const VocabularyLoss& vocabulary, std::int64_t n,
                         std::int64_t steps)
    : stream_(stream), vocabulary_(vocabulary) {
  const Tensor& weight = vocabulary.parameters()[0].value;  // (H, V)
  const std::int64_t H = weight.size(0), V = weight.size(1);
  const Device device = weight.device();
  const bool screened = weight.dtype() == DType::float32 && device.is_cpu() &&
                        kernels::multiplies_bfloat16_faster(stream) && n * steps > words_worth_it;
  scores_ = Tensor({n, V}, screened ? DType::bfloat16 : weight.dtype(), device);
  if (!screened) return;
  by_word_ = Tensor({V, H}, DType::float32, device);
  rounded_ = Tensor({V, H}, DType::bfloat16, device);
  norm_ = Tensor({V}, DType::float32, device);
  error_ = Tensor({V}, DType::float32, device);
  h_rounded_ = Tensor({n, H}, DType::bfloat16, device);
  h_norm_ = Tensor({n}, DType::float32, device);
  h_error_ = Tensor({n}, DType::float32, device);
  kernels::transpose(stream, weight, by_word_, false, 1, H, V);
  kernels::round_rows(stream, by_word_, rounded_, norm_, error_, V, H);
}

void WordChooser::choose(const Tensor& h, const Tensor& words) const {
  const std::int64_t n = scores_.size(0), V = scores_.size(1), H = h.size(1);
  if (!by_word_.defined()) {
    vocabulary_.scores(stream_, h, scores_);
    return kernels::row_arg_max(stream_, scores_, words, n, V);
  }
  kernels::round_rows(stream_, h, h_rounded_, h_norm_, h_error_, n, H);
  kernels::gemm(stream_, kernels::Op::none, kernels::Op::transpose, h_rounded_, rounded_, scores_);
  kernels::screened_arg_max(stream_, h, by_word_, vocabulary_.parameters()[1].value, scores_, h_norm_,
                            h_error_, norm_, error_, words, n, V, H);
}

}  // namespace dlcore
