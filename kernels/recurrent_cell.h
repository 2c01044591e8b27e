// The element-wise halves of the recurrent cells; their matrix products are GEMMs. n rows of a batch, H
// hidden units.
//
// A backward kernel takes the gradient of the cell's output in two parts: `dh` from the layers above, for all
// n rows, and `dh_next` from the following time step, which has only the first `n_next` <= n rows (a packed
// batch shrinks).
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// h = tanh(a).  a, h: (n, H); a = x Wx + h_prev Wh + b; h may be a
DLCORE_KERNEL(rnn_cell_forward, const T* a, T* h, std::int64_t n, std::int64_t H)

/// da = (dh + dh_next) (1 - h^2).  h, dh, da: (n, H); dh_next: (n_next, H)
DLCORE_KERNEL(rnn_cell_backward, const T* h, const T* dh, const T* dh_next, T* da, std::int64_t n,
              std::int64_t n_next, std::int64_t H)

/// Gates i, f, o = sigmoid, g = tanh, in this order along the row; c = f c_prev + i g; h = o tanh(c).
/// a: (n, 4H) pre-activations, replaced by the activated gates; c_prev: (n, H) or null for zero; c, h: (n, H)
DLCORE_KERNEL(lstm_cell_forward, T* a, const T* c_prev, T* c, T* h, std::int64_t n, std::int64_t H)

/// With d = dh + dh_next and e = dc (first n_next rows) + d o (1 - tanh(c)^2):
/// da_i = e g i(1-i), da_f = e c_prev f(1-f), da_o = d tanh(c) o(1-o), da_g = e i (1-g^2), dc_prev = e f.
/// gates: (n, 4H) activated, replaced by da; c_prev: (n, H) or null; c, dh: (n, H); dh_next: (n_next, H);
/// dc: (n, H), its first n_next rows are read, all n are overwritten with dc_prev
DLCORE_KERNEL(lstm_cell_backward, T* gates, const T* c_prev, const T* c, const T* dh, const T* dh_next, T* dc,
              std::int64_t n, std::int64_t n_next, std::int64_t H)

}  // namespace dlcore::kernels
