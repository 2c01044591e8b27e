// One step at a time against PyTorch's formulas in double, each from the state that the kernel left, so that
// the rounding of the stored state is no error of the next step.
#include "kernels/optimizer.h"

#include <algorithm>
#include <limits>

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t sizes[] = {0, 1, 31, 33, 1600, 597 * 43};

Tensor scale_tensor(const Target& target, double scale) {
  return scale == 1 ? Tensor{} : Tensor::from(std::vector<double>{scale}, Shape{1}).to(target.device());
}

bool all_zero(const Tensor& g) {
  return std::ranges::all_of(numbers(g), [](double value) { return value == 0; });
}

// The parameters, and what they are rounded from, which must be as right as float32 allows.
void check_update(const Target& target, const Tensor& w, const Tensor& exact, const std::vector<double>& want,
                  const std::vector<double>& size) {
  if (exact.defined()) {
    const Target kept{target.name, target.stream, exact.dtype(), tolerance_of(exact.dtype())};
    check_close(kept, exact, want, size);
    CHECK(same_bits(w, exact.to(w.dtype()).to(w.device())));
  } else {
    check_close(target, w, want, size);
  }
}

}  // namespace

TEST_CASE("SGD with momentum, dampening, Nesterov and weight decay") {
  struct Variant {
    double momentum, dampening;
    bool nesterov;
    double weight_decay, scale;
  };
  on_every_target([](const Target& target) {
    for (const auto& s :
         {Variant{0, 0, false, 0, 1}, Variant{0, 0, false, 0.1, 0.3}, Variant{0.9, 0, false, 0, 1},
          Variant{0.9, 0.5, false, 0.1, 2}, Variant{0.9, 0, true, 0.1, 0.5}})
      for (const auto n : sizes) {
        INFO("n = " << n << ", momentum " << s.momentum << ", nesterov " << s.nesterov);
        const double lr = 0.03;
        const Tensor w = make_normal(target, Shape{n}, 1), exact = exact_of(w);
        const Tensor velocity = s.momentum == 0 ? Tensor{}
                                                : make(in_arithmetic(target),
                                                       std::vector<double>(static_cast<std::size_t>(n), 99));
        const Tensor scale = scale_tensor(target, s.scale);
        for (int step = 0; step < 3; ++step) {
          const Tensor g = make_normal(target, Shape{n}, 2 + static_cast<std::uint64_t>(step));
          const auto w0 = numbers(exact.defined() ? exact : w);
          const auto g0 = numbers(g);
          const auto v0 = s.momentum == 0 ? g0 : numbers(velocity);
          kernels::sgd(target.stream, w, g, exact, velocity, scale, lr, s.momentum, s.dampening, s.nesterov,
                       s.weight_decay, step == 0, n);
          std::vector<double> want(w0.size()), size(w0.size()), speed(w0.size()), speed_size(w0.size());
          for (std::size_t i = 0; i < w0.size(); ++i) {
            double update = s.scale * g0[i] + s.weight_decay * w0[i];
            const double plain = std::abs(s.scale * g0[i]) + std::abs(s.weight_decay * w0[i]);
            speed[i] = step == 0 ? update : s.momentum * v0[i] + (1 - s.dampening) * update;
            speed_size[i] = plain + (step == 0 ? 0 : std::abs(v0[i]));
            if (s.momentum != 0) update = s.nesterov ? update + s.momentum * speed[i] : speed[i];
            want[i] = w0[i] - lr * update;
            size[i] = std::abs(w0[i]) + lr * (plain + speed_size[i]);
          }
          check_update(target, w, exact, want, size);
          if (s.momentum != 0) check_close(target, velocity, speed, speed_size);
          CHECK(all_zero(g));
        }
      }
  });
}

TEST_CASE("Adam and AdamW") {
  struct Variant {
    double beta1, beta2, eps, weight_decay;
    bool decoupled;
    double scale;
  };
  on_every_target([](const Target& target) {
    for (const auto& s : {Variant{0.9, 0.999, 1e-8, 0, false, 1}, Variant{0.9, 0.999, 1e-8, 0.1, false, 0.5},
                          Variant{0.9, 0.999, 1e-8, 0.1, true, 1}, Variant{0.8, 0.95, 1e-6, 0.1, true, 3}})
      for (const auto n : sizes) {
        INFO("n = " << n << ", beta1 " << s.beta1 << ", decoupled " << s.decoupled);
        const double lr = 0.01;
        const Tensor w = make_normal(target, Shape{n}, 1), exact = exact_of(w);
        const Tensor m = make_zeros(in_arithmetic(target), Shape{n});
        const Tensor v = make_zeros(in_arithmetic(target), Shape{n});
        const Tensor scale = scale_tensor(target, s.scale);
        for (std::int64_t step = 1; step <= 4; ++step) {
          const Tensor g = make_normal(target, Shape{n}, 1 + static_cast<std::uint64_t>(step));
          const auto w0 = numbers(exact.defined() ? exact : w);
          const auto g0 = numbers(g);
          auto mean = numbers(m);
          auto square = numbers(v);
          kernels::adam(target.stream, w, g, exact, m, v, scale, lr, s.beta1, s.beta2, s.eps, s.weight_decay,
                        s.decoupled, step, n);
          std::vector<double> want(w0.size()), size(w0.size()), mean_size(w0.size()), square_size(w0.size());
          const double count = static_cast<double>(step);
          for (std::size_t i = 0; i < w0.size(); ++i) {
            double weight = w0[i];
            double gradient = s.scale * g0[i];
            double gradient_size = std::abs(gradient);
            if (s.decoupled) {
              weight -= lr * s.weight_decay * weight;
            } else {
              gradient += s.weight_decay * weight;
              gradient_size += std::abs(s.weight_decay * weight);
            }
            mean_size[i] = s.beta1 * std::abs(mean[i]) + (1 - s.beta1) * gradient_size;
            mean[i] = s.beta1 * mean[i] + (1 - s.beta1) * gradient;
            square_size[i] = s.beta2 * square[i] + (1 - s.beta2) * gradient_size * gradient_size;
            square[i] = s.beta2 * square[i] + (1 - s.beta2) * gradient * gradient;
            const double below = std::sqrt(square[i] / (1 - std::pow(s.beta2, count))) + s.eps;
            const double rate = lr / (1 - std::pow(s.beta1, count));
            want[i] = weight - rate * mean[i] / below;
            // A gradient that cancels has a relative error of its size over itself, in the mean and the root.
            const double spoilt = square[i] == 0 ? 1 : square_size[i] / square[i];
            size[i] = std::abs(weight) + rate * (mean_size[i] / below) * (1 + spoilt);
          }
          check_update(target, w, exact, want, size);
          check_close(target, m, mean, mean_size);
          check_close(target, v, square, square_size);
          CHECK(all_zero(g));
        }
      }
  });
}

TEST_CASE("a gradient of zero moves nothing but by weight decay") {
  on_every_target([](const Target& target) {
    const Tensor w = make(target, {1, -2, 3}), exact = exact_of(w);
    const Tensor zeros = make_zeros(target, Shape{3});
    const Tensor m = make_zeros(in_arithmetic(target), Shape{3});
    const Tensor v = make_zeros(in_arithmetic(target), Shape{3});
    kernels::adam(target.stream, w, zeros, exact, m, v, Tensor{}, 0.5, 0.9, 0.999, 1e-8, 0.0, false,
                  std::int64_t{1}, std::int64_t{3});
    CHECK(numbers(w) == std::vector<double>{1, -2, 3});
    kernels::adam(target.stream, w, zeros, exact, m, v, Tensor{}, 0.5, 0.9, 0.999, 1e-8, 0.5, true,
                  std::int64_t{2}, std::int64_t{3});
    CHECK(numbers(w) == std::vector<double>{0.75, -1.5, 2.25});
  });
}

TEST_CASE("clipping shrinks to the largest norm, and leaves shorter gradients alone") {
  on_every_target([](const Target& target) {
    const auto tensor = [&](double value) {
      return Tensor::from(std::vector<double>{value}, Shape{1}).to(target.device());
    };
    const Tensor w = make(target, {1});
    const Tensor scale = tensor(-1);
    const Tensor norm = tensor(-1);
    const auto in_double = [&](const Tensor& got, double want) {
      CHECK(std::abs(numbers(got)[0] - want) <= tolerance_of(DType::float64) * want);
    };
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double max_norm : {0.5, 5.0, 50.0, infinity}) {
      INFO("max_norm = " << max_norm);
      kernels::clip_scale(target.stream, w, tensor(25), max_norm, scale, norm);
      in_double(norm, 5);
      in_double(scale, std::min(1.0, max_norm / (5 + 1e-6)));
    }
    kernels::clip_scale(target.stream, w, tensor(0), 1.0, scale, norm);
    in_double(scale, 1);
    CHECK(numbers(norm)[0] == 0);
  });
}

TEST_CASE("parameters in bfloat16 follow updates that are smaller than their last place") {
  on_every_target_of(DType::bfloat16, [](const Target& target) {
    const Tensor w = make(target, std::vector<double>(70, 1)), exact = exact_of(w);
    for (int step = 0; step < 1000; ++step) {
      const Tensor g = make(target, std::vector<double>(70, 1));
      kernels::sgd(target.stream, w, g, exact, Tensor{}, Tensor{}, 1e-4, 0.0, 0.0, false, 0.0, step == 0, 70);
    }
    check_close(target, w, std::vector<double>(70, 0.9));
  });
}
