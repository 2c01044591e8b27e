#include "relu_rnn.h"

#include "kernels/activation.h"
#include "kernels/elementwise.h"

namespace example {

namespace kernels = dlcore::kernels;
using dlcore::Tensor;

void ReluRNN::cell_forward(const dlcore::Stream& stream, const Tensor& a, const Tensor&,
                           const State& next) const {
  kernels::relu_forward(stream, a, next.h, a.numel());
}

// The gradient of h comes from the layers above, and for the first n_next rows from the next step.
void ReluRNN::cell_backward(const dlcore::Stream& stream, const Tensor&, const State& next, const Tensor& dh,
                            const Tensor& dh_next, std::int64_t n_next, const Tensor&,
                            const Tensor& da) const {
  dlcore::copy(stream, dh, da);
  const Tensor first = da.rows(0, n_next);
  kernels::add(stream, first, dh_next.rows(0, n_next), first, first.numel());
  kernels::relu_backward(stream, next.h, da, da, da.numel());
}

}  // namespace example
