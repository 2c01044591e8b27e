#include "kernels/optimizer.h"

#include <type_traits>

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void clip_scale(const Stream& stream, const T*, const double* total, double max_norm, double* scale,
                double* norm) {
  for_each(stream, 1, [=] DLCORE_DEVICE(std::int64_t) {
    const double length = root(total[0]);
    const double factor = max_norm / (length + 1e-6);
    norm[0] = length;
    scale[0] = factor < 1 ? factor : 1.0;
  });
}

// What is updated: w itself where it is of the arithmetic's type.
template <class T>
Arithmetic<T>* weights(T* w, Arithmetic<T>* exact) {
  if constexpr (std::is_same_v<T, Arithmetic<T>>)
    return w;
  else
    return exact;
}

template <class T>
DLCORE_DEVICE inline void store_weight(T* w, Arithmetic<T>* weight, std::int64_t i, Arithmetic<T> value) {
  weight[i] = value;
  if constexpr (!std::is_same_v<T, Arithmetic<T>>) store(w[i], value);
}

template <class T>
void sgd(const Stream& stream, T* w, T* g, Arithmetic<T>* exact, Arithmetic<T>* velocity,
         const double* gradient_scale, double lr, double momentum, double dampening, bool nesterov,
         double weight_decay, bool first_step, std::int64_t n) {
  using A = Arithmetic<T>;
  const A rate = static_cast<A>(lr);
  const A keep = static_cast<A>(momentum);
  const A take = static_cast<A>(1 - dampening);
  const A decay = static_cast<A>(weight_decay);
  A* const weights_now = weights(w, exact);
  const auto update_one = [=] DLCORE_DEVICE(std::int64_t i, A scale) {
    const A weight = weights_now[i];
    A update = load(g[i]) * scale + decay * weight;
    if (velocity != nullptr) {
      const A speed = first_step ? update : keep * velocity[i] + take * update;
      velocity[i] = speed;
      update = nesterov ? update + keep * speed : speed;
    }
    store_weight(w, weights_now, i, weight - rate * update);
    store(g[i], A(0));
  };
  if (gradient_scale == nullptr)
    return for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { update_one(i, A(1)); });
  for_each(stream, n,
           [=] DLCORE_DEVICE(std::int64_t i) { update_one(i, static_cast<A>(gradient_scale[0])); });
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
  A* const weights_now = weights(w, exact);
  const auto update_one = [=] DLCORE_DEVICE(std::int64_t i, A scale) {
    const A weight = weights_now[i];
    const A gradient = load(g[i]) * scale + decay * weight;
    const A mean = b1 * m[i] + take1 * gradient;
    const A square = b2 * v[i] + take2 * gradient * gradient;
    m[i] = mean;
    v[i] = square;
    store_weight(w, weights_now, i, weight * shrink - rate * mean / (root(square) * inverse_root + tiny));
    store(g[i], A(0));
  };
  if (gradient_scale == nullptr)
    return for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { update_one(i, A(1)); });
  for_each(stream, n,
           [=] DLCORE_DEVICE(std::int64_t i) { update_one(i, static_cast<A>(gradient_scale[0])); });
}

DLCORE_INSTANTIATE(clip_scale)
DLCORE_INSTANTIATE(sgd)
DLCORE_INSTANTIATE(adam)

}  // namespace dlcore::kernels::DLCORE_TARGET
