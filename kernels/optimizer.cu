#include "kernels/optimizer.h"

#include <type_traits>

#include "kernels/elements.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void clip_scale(const Stream& stream, const T*, const double* total, double max_norm, double* scale,
                double* norm) {
  for_each(stream, 1, [=] DLCORE_DEVICE(std::int64_t) {
    const double length = root(total[0]);
    const double factor = max_norm / (length + 1e-6);
    norm[0] = length;
    const double unusable = length - length;  // NaN where the norm is not finite, else 0
    scale[0] = (factor < 1 ? factor : 1.0) + unusable;
  });
}

// What is updated: w itself where it is of the arithmetic's type, else `exact`, and w with it.
template <class T>
auto updates_weights([[maybe_unused]] Arithmetic<T>* exact, T* w) {
  if constexpr (std::is_same_v<T, Arithmetic<T>>)
    return updates(w);
  else
    return updates_both(exact, w);
}

// Choices below are selections, not branches, around which no loop would be vectorised.
template <class T>
void sgd(const Stream& stream, T* w, T* g, Arithmetic<T>* exact, Arithmetic<T>* velocity,
         const double* gradient_scale, double lr, double momentum, double dampening, bool nesterov,
         double weight_decay, bool first_step, std::int64_t n) {
  using A = Arithmetic<T>;
  const A rate = static_cast<A>(lr);
  const A keep = static_cast<A>(momentum);
  const A take = static_cast<A>(1 - dampening);
  const A decay = static_cast<A>(weight_decay);
  const auto weights = updates_weights(exact, w);
  const auto scale = reads_one(gradient_scale, A(1));
  if (velocity == nullptr)
    return for_each_element(
        stream, 1, n,
        [=] DLCORE_DEVICE(A factor, A & weight, A & gradient) {
          const bool usable = factor == factor;
          const A moved = weight - rate * (gradient * factor + decay * weight);
          weight = usable ? moved : weight;
          gradient = usable ? A(0) : gradient;
        },
        scale, weights, updates(g));
  for_each_element(
      stream, 1, n,
      [=] DLCORE_DEVICE(A factor, A & weight, A & gradient, A & speed) {
        const bool usable = factor == factor;
        const A update = gradient * factor + decay * weight;
        const A faster = first_step ? update : keep * speed + take * update;
        const A moved = weight - rate * (nesterov ? update + keep * faster : faster);
        weight = usable ? moved : weight;
        speed = usable ? faster : speed;
        gradient = usable ? A(0) : gradient;
      },
      scale, weights, updates(g), updates(velocity));
}

template <class T>
void adam(const Stream& stream, T* w, T* g, Arithmetic<T>* exact, Arithmetic<T>* m, Arithmetic<T>* v,
          const double* gradient_scale, double lr, double beta1, double beta2, double eps,
          double weight_decay, bool decoupled, std::int64_t step, std::int64_t n) {
  using A = Arithmetic<T>;
  const double count = static_cast<double>(step);
  const A rate = static_cast<A>(lr / (1 - ::pow(beta1, count)));
  const A inverse_root = static_cast<A>(1 / ::sqrt(1 - ::pow(beta2, count)));
  const A b1 = static_cast<A>(beta1);
  const A take1 = static_cast<A>(1 - beta1);
  const A b2 = static_cast<A>(beta2);
  const A take2 = static_cast<A>(1 - beta2);
  const A tiny = static_cast<A>(eps);
  const A shrink = static_cast<A>(decoupled ? 1 - lr * weight_decay : 1);
  const A decay = static_cast<A>(decoupled ? 0 : weight_decay);
  for_each_element(
      stream, 1, n,
      [=] DLCORE_DEVICE(A scale, A & weight, A & gradient, A & mean, A & square) {
        const bool usable = scale == scale;
        const A slope = gradient * scale + decay * weight;
        const A new_mean = b1 * mean + take1 * slope;
        const A new_square = b2 * square + take2 * slope * slope;
        const A new_weight = weight * shrink - rate * new_mean / (root(new_square) * inverse_root + tiny);
        mean = usable ? new_mean : mean;
        square = usable ? new_square : square;
        weight = usable ? new_weight : weight;
        gradient = usable ? A(0) : gradient;
      },
      reads_one(gradient_scale, A(1)), updates_weights(exact, w), updates(g), updates(m), updates(v));
}

DLCORE_INSTANTIATE(clip_scale)
DLCORE_INSTANTIATE(sgd)
DLCORE_INSTANTIATE(adam)

}  // namespace dlcore::kernels::DLCORE_TARGET
