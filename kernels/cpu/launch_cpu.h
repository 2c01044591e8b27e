// The CPU half of launch.h: OpenMP threads over rows, SIMD within.
#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

#include <cstdint>
#include <limits>
#include <utility>

#include "core/stream.h"
#include "kernels/numeric.h"
#include "kernels/sums.h"

namespace dlcore::kernels::DLCORE_TARGET {

// Below this many elements the work is done before a second thread would have started.
constexpr std::int64_t elements_per_thread = 8192;

/// f(begin, end) over pieces of 0..n-1 whose borders are multiples of `align`; `work` elements per index.
template <class F>
inline void in_parallel(std::int64_t n, [[maybe_unused]] std::int64_t work,
                        [[maybe_unused]] std::int64_t align, const F& f) {
#ifdef _OPENMP
  if (n > align && n * work >= 2 * elements_per_thread && omp_get_max_threads() > 1 && !omp_in_parallel()) {
    const std::int64_t blocks = (n + align - 1) / align;
#pragma omp parallel
    {
      const std::int64_t threads = omp_get_num_threads();
      const std::int64_t thread = omp_get_thread_num();
      const std::int64_t begin = blocks * thread / threads * align;
      const std::int64_t end = smaller(blocks * (thread + 1) / threads * align, n);
      if (begin < end) f(begin, end);
    }
    return;
  }
#endif
  if (n > 0) f(std::int64_t{0}, n);
}

template <class F>
inline void for_each(const Stream&, std::int64_t n, F f) {
  in_parallel(n, 1, 64, [&f](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) f(i);
  });
}

template <class F>
inline void for_each(const Stream&, std::int64_t rows, std::int64_t cols, F f) {
  if (rows < 4) {  // few long rows: the threads share each row
    for (std::int64_t r = 0; r < rows; ++r)
      in_parallel(cols, 1, 64, [&f, r](std::int64_t begin, std::int64_t end) {
#pragma omp simd
        for (std::int64_t c = begin; c < end; ++c) f(r, c);
      });
    return;
  }
  in_parallel(rows, cols, 1, [&f, cols](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
#pragma omp simd
      for (std::int64_t c = 0; c < cols; ++c) f(r, c);
    }
  });
}

struct Team {
  template <class F>
  void each(std::int64_t n, F f) const {
#pragma omp simd
    for (std::int64_t c = 0; c < n; ++c) f(c);
  }

  template <class F>
  auto sum(std::int64_t n, F f) const {
    constexpr std::int64_t block = 512;  // long sums of blocks lose fewer digits, vectorised or not
    decltype(f(n)) total = 0;
    for (std::int64_t first = 0; first < n; first += block) {
      const std::int64_t end = smaller(first + block, n);
      decltype(f(n)) part = 0;
#pragma omp simd reduction(+ : part)
      for (std::int64_t c = first; c < end; ++c) part += f(c);
      total += part;
    }
    return total;
  }

  template <class F, class Finish>
  void each_sum(std::int64_t n, std::int64_t terms, F f, Finish finish) const {
    constexpr std::int64_t block = 256;  // sums that stay in the cache while all terms go by
    decltype(f(n)(n)) total[block];
    for (std::int64_t first = 0; first < n; first += block) {
      const std::int64_t width = smaller(block, n - first);
      for (std::int64_t c = 0; c < width; ++c) total[c] = 0;
      for (std::int64_t k = 0; k < terms; ++k) {
        const auto term = f(k);
#pragma omp simd
        for (std::int64_t c = 0; c < width; ++c) total[c] += term(first + c);
      }
#pragma omp simd
      for (std::int64_t c = 0; c < width; ++c) finish(first + c, total[c]);
    }
  }

  template <class F>
  auto max(std::int64_t n, F f) const {
    using A = decltype(f(n));
    constexpr A lowest = std::numeric_limits<A>::lowest(), none = -A(__builtin_inf());
    A best = none;
#pragma omp simd reduction(max : best)
    for (std::int64_t c = 0; c < n; ++c) best = larger(f(c), best);  // in this order a NaN is passed over
    if (best != lowest) return best;
    // clang lets each lane begin with the lowest finite number: there may be nothing above -infinity.
    best = none;
    for (std::int64_t c = 0; c < n; ++c) best = larger(f(c), best);
    return best;
  }

  template <class F>
  std::int64_t arg_max(std::int64_t n, F f) const {
    const auto best = max(n, f);
    const std::int64_t where = find(n, 0, [=](std::int64_t c) { return f(c) == best; });
    return where == n ? 0 : where;
  }

  template <class F>
  std::int64_t find(std::int64_t n, std::int64_t from, F f) const {
    constexpr std::int64_t block = 64;  // looked at as a whole first: a loop that may stop is not vectorised
    for (std::int64_t first = from; first < n; first += block) {
      const std::int64_t end = smaller(first + block, n);
      int found = 0;
#pragma omp simd reduction(| : found)
      for (std::int64_t c = first; c < end; ++c) found |= f(c);
      for (std::int64_t c = first; found != 0 && c < end; ++c)
        if (f(c)) return c;
    }
    return n;
  }

  bool leader() const {
    return true;
  }
  void sync() const {}
};

template <class F>
inline void for_each_row(const Stream&, std::int64_t rows, std::int64_t cols, F f) {
  in_parallel(rows, larger<std::int64_t>(cols, 1), 1, [&f](std::int64_t begin, std::int64_t end) {
    const Team team;
    for (std::int64_t r = begin; r < end; ++r) f(r, team);
  });
}

/// total[k * stride + c] = the k-th sum over rows begin .. end-1 of column first + c, c below width.
template <class A, class Map, std::size_t... k>
inline void sum_rows(std::int64_t begin, std::int64_t end, std::int64_t first, std::int64_t width, A* total,
                     std::int64_t stride, const Map map, std::index_sequence<k...>) {
  for (std::int64_t c = 0; c < width; ++c) ((total[k * stride + c] = 0), ...);
  std::int64_t r = begin;
  for (; r + 4 <= end; r += 4) {  // four rows for each load and store of a total
#pragma omp simd
    for (std::int64_t c = 0; c < width; ++c) {
      const auto a = map(r, first + c), b = map(r + 1, first + c), d = map(r + 2, first + c),
                 e = map(r + 3, first + c);
      ((total[k * stride + c] += (a.v[k] + b.v[k]) + (d.v[k] + e.v[k])), ...);
    }
  }
  for (; r < end; ++r) {
#pragma omp simd
    for (std::int64_t c = 0; c < width; ++c) {
      const auto terms = map(r, first + c);
      ((total[k * stride + c] += terms.v[k]), ...);
    }
  }
}

/// Where rows are many and columns few, the rows are cut into this many parts, and the parts' sums are added
/// in their order. The number depends on the sizes alone.
inline std::int64_t reduction_parts(std::int64_t rows, std::int64_t cols) {
  constexpr std::int64_t rows_per_part = 256;
  if (rows < 2 * rows_per_part || rows < 8 * cols) return 1;
  return rows / rows_per_part < 256 ? rows / rows_per_part : 256;
}

/// The sums that lie `stride` apart from `first` on.
template <class S>
S gather_sums(const typename S::value* first, std::int64_t stride) {
  S sums;
  for (int k = 0; k < S::count; ++k) sums.v[k] = first[k * stride];
  return sums;
}

template <class S, class Map, class Finish>
inline void reduce_columns(const Stream& stream, std::int64_t rows, std::int64_t cols, Map map,
                           Finish finish) {
  using A = typename S::value;
  const std::int64_t parts = reduction_parts(rows, cols);
  if (parts == 1) {
    // Columns belong to one thread each, so that the order of the sum depends on nothing. A tile is wide, for
    // long reads from each row, and still fits into the first cache.
    constexpr std::int64_t tile = 2048;
    in_parallel(cols, larger<std::int64_t>(rows, 1), 64, [&](std::int64_t begin, std::int64_t end) {
      A total[S::count * tile];
      for (std::int64_t first = begin; first < end; first += tile) {
        const std::int64_t width = smaller(tile, end - first);
        sum_rows(0, rows, first, width, total, tile, map, std::make_index_sequence<S::count>());
        for (std::int64_t c = 0; c < width; ++c) finish(first + c, gather_sums<S>(total + c, tile));
      }
    });
    return;
  }
  A* const sums = static_cast<A*>(stream.workspace(static_cast<std::size_t>(parts * S::count * cols) *
                                                   sizeof(A)));  // [part][sum][column]
  in_parallel(parts, rows / parts * cols, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part)
      sum_rows(part * rows / parts, (part + 1) * rows / parts, 0, cols, sums + part * S::count * cols, cols,
               map, std::make_index_sequence<S::count>());
  });
  for (std::int64_t part = 1; part < parts; ++part) {
    const A* const terms = sums + part * S::count * cols;
#pragma omp simd
    for (std::int64_t i = 0; i < S::count * cols; ++i) sums[i] += terms[i];
  }
  for (std::int64_t c = 0; c < cols; ++c) finish(c, gather_sums<S>(sums + c, cols));
}

}  // namespace dlcore::kernels::DLCORE_TARGET
