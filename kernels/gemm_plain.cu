#include "kernels/gemm_plain.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void gemm_plain(const Stream& stream, bool transpose_a, bool transpose_b, const T* a, const T* b, T* c,
                const T* bias, double beta, std::int64_t m, std::int64_t n, std::int64_t k) {
  using A = Arithmetic<T>;
  const std::int64_t a_row = transpose_a ? 1 : k;
  const std::int64_t a_col = transpose_a ? m : 1;
  const std::int64_t b_row = transpose_b ? 1 : n;
  const std::int64_t b_col = transpose_b ? k : 1;
  for_each(stream, m, n, [=] DLCORE_DEVICE(std::int64_t i, std::int64_t j) {
    double total = bias == nullptr ? 0.0 : static_cast<double>(load(bias[j]));
    if (beta != 0) total += beta * static_cast<double>(load(c[i * n + j]));
    for (std::int64_t l = 0; l < k; ++l)
      total += static_cast<double>(load(a[i * a_row + l * a_col])) *
               static_cast<double>(load(b[l * b_row + j * b_col]));
    store(c[i * n + j], static_cast<A>(total));
  });
}

DLCORE_INSTANTIATE(gemm_plain)

}  // namespace dlcore::kernels::DLCORE_TARGET
