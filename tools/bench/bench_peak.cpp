#include <algorithm>

#include "core/stopwatch.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "tools/bench/bench_work.h"

namespace dlcore {

double measure_gemm_peak(DType type, const Stream& stream) {
  // float64 on the CPU takes the plain route (kernels/gemm.h), which a small product measures as well.
  const std::int64_t n = stream.device().is_cuda() ? 8192 : type == DType::float64 ? 512 : 2048;
  const Tensor a = random_tensor(stream, {n, n}, type, 1), b = random_tensor(stream, {n, n}, type, 2);
  const Tensor c({n, n}, type, stream.device());
  double best = 0;
  for (int repetition = 0; repetition < 8; ++repetition) {
    stream.synchronize();
    const Stopwatch watch;
    kernels::gemm(stream, kernels::Op::none, kernels::Op::none, a, b, c);
    stream.synchronize();
    best = std::max(best, 2e-9 * static_cast<double>(n * n * n) / watch.seconds());
  }
  return best;
}

double measure_bandwidth(DType type, const Stream& stream) {
  const std::int64_t n = std::int64_t{64} << 20;
  const Tensor x({n}, type, stream.device()), y({n}, type, stream.device());
  const Tensor factor = Tensor::from(std::vector<float>{1}, {1}).to(arithmetic_of(type)).to(stream.device());
  x.zero(stream);
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    stream.synchronize();
    const Stopwatch watch;
    kernels::scale_by(stream, x, factor, y, false, n);
    stream.synchronize();
    best = std::max(best, 1e-9 * static_cast<double>(x.bytes() + y.bytes()) / watch.seconds());
  }
  return best;
}

}  // namespace dlcore
