#include <algorithm>
#include <chrono>

#include "core/random.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "tools/bench/bench_work.h"

namespace dlcore {

namespace {

// Drawing all numbers on the host would take seconds for a GPU's matrix: the first rows, over and over.
Tensor make_random(const Stream& stream, Random& random, std::int64_t n, DType type) {
  const Tensor matrix({n, n}, type, stream.device());
  const std::int64_t rows = std::min<std::int64_t>(n, 128);  // of which n is a multiple
  const Tensor first = matrix.slice(0, {rows, n});
  random.fill_normal(first, 1);
  for (std::int64_t row = rows; row < n; row += rows) copy(stream, first, matrix.slice(row * n, {rows, n}));
  return matrix;
}

}  // namespace

double measure_gemm_peak(DType type, const Stream& stream) {
  using Clock = std::chrono::steady_clock;
  // float64 on the CPU takes the plain route (kernels/gemm.h), which a small product measures as well.
  const std::int64_t n = stream.device().is_cuda() ? 8192 : type == DType::float64 ? 512 : 2048;
  Random random(1);
  const Tensor a = make_random(stream, random, n, type);
  const Tensor b = make_random(stream, random, n, type);
  const Tensor c({n, n}, type, stream.device());
  double best = 0;
  for (int repetition = 0; repetition < 8; ++repetition) {
    stream.synchronize();
    const auto begin = Clock::now();
    kernels::gemm(stream, kernels::Op::none, kernels::Op::none, a, b, c);
    stream.synchronize();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best = std::max(best, 2e-9 * static_cast<double>(n * n * n) / seconds);
  }
  return best;
}

double measure_bandwidth(DType type, const Stream& stream) {
  using Clock = std::chrono::steady_clock;
  const std::int64_t n = std::int64_t{64} << 20;
  const Tensor x({n}, type, stream.device()), y({n}, type, stream.device());
  const Tensor factor = Tensor::from(std::vector<float>{1}, {1}).to(arithmetic_of(type)).to(stream.device());
  x.zero(stream);
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    stream.synchronize();
    const auto begin = Clock::now();
    kernels::scale_by(stream, x, factor, y, false, n);
    stream.synchronize();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best = std::max(best, 1e-9 * static_cast<double>(x.bytes() + y.bytes()) / seconds);
  }
  return best;
}

}  // namespace dlcore
