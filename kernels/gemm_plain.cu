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
  for_each_row(stream, m, n, [=] DLCORE_DEVICE(std::int64_t i, const Team& team) {
    T* const row = c + i * n;
    const T* const left = a + i * a_row;
    const auto finish = [=](std::int64_t j, double sum) {
      const double start = bias == nullptr ? 0.0 : static_cast<double>(load(bias[j]));
      const double before = beta == 0 ? 0.0 : beta * static_cast<double>(load(row[j]));
      store(row[j], static_cast<A>(start + before + sum));
    };
    if (b_col == 1)  // neighbours in memory: the loop vectorises
      team.each_sum(
          n, k,
          [=](std::int64_t l) {
            const double factor = static_cast<double>(load(left[l * a_col]));
            const T* const right = b + l * b_row;
            return [=](std::int64_t j) { return factor * static_cast<double>(load(right[j])); };
          },
          finish);
    else
      team.each_sum(
          n, k,
          [=](std::int64_t l) {
            const double factor = static_cast<double>(load(left[l * a_col]));
            const T* const right = b + l * b_row;
            return [=](std::int64_t j) { return factor * static_cast<double>(load(right[j * b_col])); };
          },
          finish);
  });
}

DLCORE_INSTANTIATE(gemm_plain)

}  // namespace dlcore::kernels::DLCORE_TARGET
