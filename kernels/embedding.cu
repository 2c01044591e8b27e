#include "kernels/embedding.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void gather_rows(const Stream& stream, const T* table, const std::int32_t* row, T* y, std::int64_t n,
                 std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_row(stream, n, cols, [=] DLCORE_DEVICE(std::int64_t k, const Team& team) {
    const std::int64_t wanted = row[k];
    T* into = y + k * cols;
    if (wanted < 0 || wanted >= rows) {
      team.each(cols, [=](std::int64_t c) { store(into[c], A(__builtin_nan(""))); });
      return;
    }
    const T* from = table + wanted * cols;
    team.each(cols, [=](std::int64_t c) { into[c] = from[c]; });
  });
}

/// The first of the sorted positions from `first` on, below n, whose row is another than `wanted`: by
/// doubling steps and then by halves, as runs are mostly short and some are very long.
DLCORE_DEVICE inline std::int64_t end_of_run(const std::int32_t* row, const std::int32_t* order,
                                             std::int64_t first, std::int64_t n, std::int32_t wanted) {
  std::int64_t step = 1;
  while (first + step < n && row[order[first + step]] == wanted) step *= 2;
  std::int64_t inside = first + step / 2;  // of the run
  std::int64_t outside = smaller(first + step, n);
  while (outside - inside > 1) {
    const std::int64_t middle = (inside + outside) / 2;
    if (row[order[middle]] == wanted)
      inside = middle;
    else
      outside = middle;
  }
  return outside;
}

template <class T>
void scatter_add_rows(const Stream& stream, const std::int32_t* row, const std::int32_t* order, const T* dy,
                      T* dtable, std::int64_t n, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  // The work of a row is mostly several terms per column.
  for_each_row(stream, n, 4 * cols, [=] DLCORE_DEVICE(std::int64_t first, const Team& team) {
    const std::int32_t wanted = row[order[first]];
    const bool starts_a_run = first == 0 || row[order[first - 1]] != wanted;
    if (!starts_a_run || wanted < 0 || wanted >= rows) return;
    T* into = dtable + wanted * cols;
    const std::int64_t terms = end_of_run(row, order, first, n, wanted) - first;
    const std::int32_t* from = order + first;
    team.each_sum(
        cols, terms,
        [=](std::int64_t k) {
          const T* const one = dy + from[k] * cols;
          return [=](std::int64_t c) { return load(one[c]); };
        },
        [=](std::int64_t c, A total) { store(into[c], load(into[c]) + total); });
  });
}

DLCORE_INSTANTIATE(gather_rows)
DLCORE_INSTANTIATE(scatter_add_rows)

}  // namespace dlcore::kernels::DLCORE_TARGET
