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
    constexpr std::int64_t tile = 128;  // columns whose sums are kept at hand while l runs
    double totals[tile];
    double* sums = totals;
    T* row = c + i * n;
    for (std::int64_t first = 0; first < n; first += tile) {
      const std::int64_t width = smaller(tile, n - first);
      team.each(width, [=](std::int64_t j) {
        sums[j] = bias == nullptr ? 0.0 : static_cast<double>(load(bias[first + j]));
        if (beta != 0) sums[j] += beta * static_cast<double>(load(row[first + j]));
      });
      for (std::int64_t l = 0; l < k; ++l) {
        const double left = load(a[i * a_row + l * a_col]);
        const T* right = b + l * b_row + first * b_col;
        if (b_col == 1)  // neighbours in memory: the loop vectorises
          team.each(width, [=](std::int64_t j) { sums[j] += left * static_cast<double>(load(right[j])); });
        else
          team.each(width,
                    [=](std::int64_t j) { sums[j] += left * static_cast<double>(load(right[j * b_col])); });
      }
      team.each(width, [=](std::int64_t j) { store(row[first + j], static_cast<A>(sums[j])); });
    }
  });
}

DLCORE_INSTANTIATE(gemm_plain)

}  // namespace dlcore::kernels::DLCORE_TARGET
