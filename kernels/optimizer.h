// One update of n parameters in one pass, with PyTorch's semantics. w: parameters, g: gradients, (n) each.
//
// Parameters in bfloat16 are too coarse to add small updates to: they are then what rounding makes of `exact`
// (n), which is float32 and is what is updated. Where w is float32 or float64 `exact` is null. The
// optimisers' own state is of the same type as `exact`.
//
// Every kernel multiplies the gradient by gradient_scale[0] first (a null pointer means 1), which is how
// clipping by the global norm is applied without another pass, and sets g to zero for the next accumulation.
// Where gradient_scale[0] is NaN nothing changes, g neither: the gradients are not finite.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// scale[0] = min(1, max_norm / (sqrt(total[0]) + 1e-6)): torch.nn.utils.clip_grad_norm_; NaN where total[0]
/// is NaN or infinite. norm[0] = sqrt(total[0]), the norm before clipping; max_norm = infinity clips nothing.
/// total: (1) double, see sum_of_squares; scale, norm: (1) double. `w` only chooses the element type.
DLCORE_KERNEL(clip_scale, const T* w, const double* total, double max_norm, double* scale, double* norm)

/// g' = g + weight_decay w;  v = g' in the first step, else momentum v + (1 - dampening) g';
/// w -= lr (nesterov ? g' + momentum v : v).  velocity: (n), null when momentum is 0
DLCORE_KERNEL(sgd, T* w, T* g, Arithmetic<T>* exact, Arithmetic<T>* velocity, const double* gradient_scale,
              double lr, double momentum, double dampening, bool nesterov, double weight_decay,
              bool first_step, std::int64_t n)

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
/// w -= lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps).
/// decoupled (AdamW): w *= 1 - lr weight_decay before; otherwise (Adam) g += weight_decay w before.
/// m, v: (n), zero before the first step; step counts from 1.
/// Sources: Kingma and Ba 2015; Loshchilov and Hutter 2019; torch.optim.Adam, torch.optim.AdamW.
DLCORE_KERNEL(adam, T* w, T* g, Arithmetic<T>* exact, Arithmetic<T>* m, Arithmetic<T>* v,
              const double* gradient_scale, double lr, double beta1, double beta2, double eps,
              double weight_decay, bool decoupled, std::int64_t step, std::int64_t n)

}  // namespace dlcore::kernels
