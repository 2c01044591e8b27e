#include <algorithm>
#include <chrono>

#include "core/random.h"
#include "kernels/gemm.h"
#include "tools/bench_work.h"

namespace dlcore {

double measure_gemm_peak(DType type, const Stream& stream) {
  using Clock = std::chrono::steady_clock;
  // float64 on the CPU takes the plain route (kernels/gemm.h), which a small product measures as well.
  const std::int64_t n = stream.device().is_cuda() ? 8192 : type == DType::float64 ? 512 : 2048;
  Random random(1);
  const Tensor a({n, n}, type, stream.device());
  const Tensor b({n, n}, type, stream.device());
  const Tensor c({n, n}, type, stream.device());
  random.fill_normal(a, 1);
  random.fill_normal(b, 1);
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

}  // namespace dlcore
