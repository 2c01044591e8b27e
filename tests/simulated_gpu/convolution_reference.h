// Convolutions with random numbers and their passes in double, beside the sums of the products' sizes, which
// say how large an error may be.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/cuda/instructions.h"  // first: the words of CUDA

#include "kernels/cuda/convolution_geometry.h"

namespace dlcore::test {

/// A number that tensors of T hold.
template <class T>
T stored(double value) {
  T number;
  kernels::cuda::store(number, static_cast<float>(value));
  return number;
}

template <class T>
std::vector<T> random_numbers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<T> numbers(count);
  for (T& number : numbers) number = stored<T>(normal(random));
  return numbers;
}

struct Sums {
  std::vector<double> value, size;

  explicit Sums(std::size_t count) : value(count), size(count) {}
  void add(std::size_t at, double product) {
    value[at] += product;
    size[at] += std::fabs(product);
  }
};

struct Extents {
  int n, h, w, groups, in, out;  // channels of a group
  int kernel = 1, stride = 1, padding = 0, dilation = 1;

  int out_h() const { return outputs(h); }
  int out_w() const { return outputs(w); }
  std::size_t pixels() const { return count(n * out_h() * out_w()); }
  std::size_t input() const { return count(n * h * w * groups * in); }
  std::size_t output() const { return pixels() * count(groups * out); }
  std::size_t weights() const { return count(groups * out * in * kernel * kernel); }

  kernels::cuda::ConvolutionGeometry geometry(bool backward) const {
    const kernels::WindowAxis axis{kernel, stride, padding, dilation};
    const int shift = std::countr_zero(static_cast<unsigned>(stride));
    const int c = groups * in, o = groups * out;
    if (backward)
      return {out_h(), out_w(), h, w, out, in, o, c, std::int64_t{n} * h * w, axis, axis, true, shift, shift};
    return {h,    w,    out_h(), out_w(), in,   out, c, o, static_cast<std::int64_t>(pixels()),
            axis, axis, false,   shift,   shift};
  }
  kernels::cuda::WeightGeometry weight_geometry() const {
    const kernels::WindowAxis axis{kernel, stride, padding, dilation};
    return {
        h,    w,   out_h(), out_w(), in, out, groups * in, groups * out, static_cast<std::int64_t>(pixels()),
        axis, axis};
  }

 private:
  static std::size_t count(int number) { return static_cast<std::size_t>(number); }
  int outputs(int n_inputs) const {
    return (n_inputs + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
  }
};

template <class T>
struct Case {
  Extents e;
  std::vector<T> x, w, dy, bias, residual;
  Sums y, dx, dw;

  explicit Case(const Extents& extents)
      : e(extents),
        x(random_numbers<T>(e.input(), 1)),
        w(random_numbers<T>(e.weights(), 2)),
        dy(random_numbers<T>(e.output(), 3)),
        bias(random_numbers<T>(static_cast<std::size_t>(e.groups * e.out), 4)),
        residual(random_numbers<T>(e.output(), 5)),
        y(e.output()),
        dx(e.input()),
        dw(e.weights()) {
    const auto at = [](auto number) { return static_cast<std::size_t>(number); };
    const int c_all = e.groups * e.in, o_all = e.groups * e.out, taps = e.kernel * e.kernel;
    for (int pixel = 0; pixel < e.n * e.out_h() * e.out_w(); ++pixel)
      for (int tap = 0; tap < taps; ++tap) {
        const int line = pixel / e.out_w();
        const int i = line % e.out_h() * e.stride + tap / e.kernel * e.dilation - e.padding;
        const int j = pixel % e.out_w() * e.stride + tap % e.kernel * e.dilation - e.padding;
        if (i < 0 || j < 0 || i >= e.h || j >= e.w) continue;
        const int source = ((line / e.out_h() * e.h + i) * e.w + j) * c_all;
        for (int o = 0; o < o_all; ++o)
          for (int c = 0; c < e.in; ++c) {
            const std::size_t of_x = at(source + o / e.out * e.in + c), of_y = at(pixel * o_all + o);
            const std::size_t of_w = at((o * e.in + c) * taps + tap);
            const auto number = [](T stored_number) {
              return static_cast<double>(kernels::cuda::load(stored_number));
            };
            y.add(of_y, number(x[of_x]) * number(w[of_w]));
            dx.add(of_x, number(dy[of_y]) * number(w[of_w]));
            dw.add(of_w, number(dy[of_y]) * number(x[of_x]));
          }
      }
  }
};

/// The largest error, of the size of what was added; NaN is larger than any.
template <class T>
double error_of(const std::vector<T>& got, const Sums& want) {
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::fabs(static_cast<double>(kernels::cuda::load(got[i])) - want.value[i]);
    if (std::isnan(error)) return HUGE_VAL;
    worst = std::max(worst, error / std::max(want.size[i], 1e-30));
  }
  return worst;
}

}  // namespace dlcore::test
