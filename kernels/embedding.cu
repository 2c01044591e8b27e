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

template <class T>
void scatter_add_rows(const Stream& stream, const std::int32_t* row, const std::int32_t* order, const T* dy,
                      T* dtable, std::int64_t n, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_row(stream, n, cols, [=] DLCORE_DEVICE(std::int64_t first, const Team& team) {
    const std::int32_t wanted = row[order[first]];
    const bool starts_a_run = first == 0 || row[order[first - 1]] != wanted;
    if (!starts_a_run || wanted < 0 || wanted >= rows) return;
    T* into = dtable + wanted * cols;
    if (sizeof(A) == sizeof(T)) {
      for (std::int64_t k = first; k < n && row[order[k]] == wanted; ++k) {
        const T* from = dy + order[k] * cols;
        team.each(cols, [=](std::int64_t c) { store(into[c], load(into[c]) + load(from[c])); });
      }
    } else {  // a narrow type is rounded once, after the whole run
      team.each(cols, [=](std::int64_t c) {
        A total = load(into[c]);
        for (std::int64_t k = first; k < n && row[order[k]] == wanted; ++k)
          total += load(dy[order[k] * cols + c]);
        store(into[c], total);
      });
    }
  });
}

DLCORE_INSTANTIATE(gather_rows)
DLCORE_INSTANTIATE(scatter_add_rows)

}  // namespace dlcore::kernels::DLCORE_TARGET
