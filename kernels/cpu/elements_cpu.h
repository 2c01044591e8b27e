// The CPU half of elements.h.
#pragma once

#include "kernels/cpu/launch_cpu.h"
#include "kernels/elements.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class F, class... Rows>
inline void visit_columns(std::int64_t begin, std::int64_t end, const F& f, const Rows... rows) {
#pragma omp simd
  for (std::int64_t c = begin; c < end; ++c) visit_elements<1>(f, c, rows...);
}

template <class F, class... Operands>
inline void for_each_element(const Stream&, std::int64_t rows, std::int64_t cols, F f, Operands... operands) {
  if (rows < 4) {  // few long rows: the threads share each row
    for (std::int64_t r = 0; r < rows; ++r)
      in_parallel(cols, 1, 64, [&](std::int64_t begin, std::int64_t end) {
        visit_columns(begin, end, f, operands.row(r)...);
      });
    return;
  }
  in_parallel(rows, cols, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) visit_columns(std::int64_t{0}, cols, f, operands.row(r)...);
  });
}

}  // namespace dlcore::kernels::DLCORE_TARGET
