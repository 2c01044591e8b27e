// A recurrent cell outside of dlcore's own: an RNN of rectified linear units.
#pragma once

#include "layers/recurrent.h"

namespace example {

/// h = max(x Wx + h_previous Wh + b, 0). Source: Le et al., "A Simple Way to Initialize Recurrent Networks of
/// Rectified Linear Units", 2015 (which starts with Wh = 1; here it starts as dlcore's RNN does).
class ReluRNN : public dlcore::RecurrentLayer {
 public:
  ReluRNN(std::int64_t D, std::int64_t H, const StateDropout& dropout = {})
      : RecurrentLayer("ReluRNN", D, H, /*gates=*/1, dropout) {}

 protected:
  void cell_forward(const dlcore::Stream& stream, const dlcore::Tensor& a, const dlcore::Tensor& c_previous,
                    const State& next) const override;
  void cell_backward(const dlcore::Stream& stream, const dlcore::Tensor& c_previous, const State& next,
                     const dlcore::Tensor& dh, const dlcore::Tensor& dh_next, std::int64_t n_next,
                     const dlcore::Tensor& dc, const dlcore::Tensor& da) const override;
};

}  // namespace example
