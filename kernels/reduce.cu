#include "kernels/reduce.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void column_sum(const Stream& stream, const T* x, T* y, bool accumulate, std::int64_t rows,
                std::int64_t cols) {
  using A = Arithmetic<T>;
  reduce_columns<Sums<A>>(
      stream, rows, cols,
      [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) { return Sums<A>{{load(x[r * cols + c])}}; },
      [=] DLCORE_DEVICE(std::int64_t c, const Sums<A>& total) {
        store(y[c], accumulate ? load(y[c]) + total.v[0] : total.v[0]);
      });
}

template <class T>
void row_sum(const Stream& stream, const T* x, T* y, std::int64_t rows, std::int64_t cols) {
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* row = x + r * cols;
    const auto total = team.sum(cols, [=](std::int64_t c) { return load(row[c]); });
    if (team.leader()) store(y[r], total);
  });
}

template <class T>
void row_max(const Stream& stream, const T* x, T* y, std::int64_t rows, std::int64_t cols) {
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* row = x + r * cols;
    const auto best = team.max(cols, [=](std::int64_t c) { return load(row[c]); });
    if (team.leader()) store(y[r], best);
  });
}

template <class T>
void row_arg_max(const Stream& stream, const T* x, std::int32_t* index, std::int64_t rows,
                 std::int64_t cols) {
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* row = x + r * cols;
    const std::int64_t best = team.arg_max(cols, [=](std::int64_t c) { return load(row[c]); });
    if (team.leader()) index[r] = static_cast<std::int32_t>(best);
  });
}

template <class T>
void sum_of_squares(const Stream& stream, const T* x, double* parts, double* total, std::int64_t n) {
  constexpr std::int64_t count = sum_of_squares_parts;
  const std::int64_t length = (n + count - 1) / count;
  for_each_row(stream, count, length, [=] DLCORE_DEVICE(std::int64_t part, const Team& team) {
    const std::int64_t begin = smaller(part * length, n);
    const std::int64_t end = smaller(begin + length, n);
    const double sum = team.sum(end - begin, [=](std::int64_t i) {
      const double value = load(x[begin + i]);
      return value * value;
    });
    if (team.leader()) parts[part] = sum;
  });
  for_each_row(stream, 1, count, [=] DLCORE_DEVICE(std::int64_t, const Team& team) {
    const double sum = team.sum(count, [=](std::int64_t i) { return parts[i]; });
    if (team.leader()) total[0] = sum;
  });
}

DLCORE_INSTANTIATE(column_sum)
DLCORE_INSTANTIATE(row_sum)
DLCORE_INSTANTIATE(row_max)
DLCORE_INSTANTIATE(row_arg_max)
DLCORE_INSTANTIATE(sum_of_squares)

}  // namespace dlcore::kernels::DLCORE_TARGET
