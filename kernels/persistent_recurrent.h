// All time steps of a recurrent layer in one kernel, for GPUs: the recurrent weights stay on the chip from
// step to step, where the step-by-step way launches a product and a cell for each.
//
// float32 and bfloat16. A hidden size for which the weights do not fit into the processors' shared memory,
// or whose rows are not pieces of 16 bytes, or more than 256 steps: "does not fit", and nothing is done.
#pragma once

#include <cstdint>
#include <span>

#include "core/stream.h"
#include "core/tensor.h"

namespace dlcore::kernels {

struct RecurrentSteps {
  std::int64_t gates, H;               // G: 1 (RNN) or 4 (LSTM)
  std::span<const std::int64_t> rows;  // sequences in each step, falling
};

/// Whether forward and backward are for such steps, on this device. Tensors at odd addresses may still be
/// refused.
bool persistent_recurrent_fits(const Stream& stream, DType type, const RecurrentSteps& steps);

struct RecurrentForward {
  Tensor projected;  // x Wx + b: (tokens, G H), or with `row` (U, G H)
  Tensor row;        // (tokens) int32: token k takes projected[row[k]], NaN outside; or undefined
  Tensor Wh, h0;     // (H, G H), (N, H)
  Tensor gates,
      c;     // LSTM: (tokens, G H) activated, which may be `projected` where row is undefined; (tokens, H)
  Tensor h;  // (tokens, H); an RNN's may be `projected` where row is undefined
};
/// h and, for an LSTM, gates and c as the cells of kernels/recurrent_cell.h make them of each step's
/// projected + h_previous Wh. False, and nothing is done, where it does not fit.
bool persistent_recurrent_forward(const Stream& stream, const RecurrentSteps& steps,
                                  const RecurrentForward& tensors);

struct RecurrentBackward {
  Tensor Wh, h0, h, c;  // as in forward
  Tensor dh;            // (tokens, H), from above
  Tensor da;            // (tokens, G H); an LSTM's activated gates before
  Tensor dc;            // LSTM: (N, H), scratch
  Tensor h_previous;    // (tokens, H): the hidden state that each token started from
  Tensor dh0;           // (N, H), of which the rows of the first step are written; undefined: not wanted
};
/// da, h_previous and dh0. False, and nothing is done, where it does not fit.
bool persistent_recurrent_backward(const Stream& stream, const RecurrentSteps& steps,
                                   const RecurrentBackward& tensors);

}  // namespace dlcore::kernels
