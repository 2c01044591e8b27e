// The loop shape of kernels that pass once over some matrices: in accesses of 16 bytes on the GPU, vectorised
// on the CPU.
//
//   for_each_element(stream, rows, cols, f, operands...)
//       f(a, b, ...) for each of rows x cols elements, an argument per operand in their order: a number of
//       the arithmetic's type where it is only read, else a reference to one. Calls of f are independent of
//       each other.
//
// Operands, whose rows are `stride` elements apart:
//   reads(x, stride)                    an element of x
//   reads_row(x)                        x[c] in every row
//   reads_rows(x, stride, count, other) as reads() in the first `count` rows, 0 after them, where `other` is
//                                       touched in place of x
//   writes(y, stride)                   a new element of y
//   updates(y, stride)                  an element of y, for a new one
//   updates_rows(y, stride, count)      the same; after the first `count` rows it begins as 0
//   reads_one(x, otherwise)             x[0] for all elements, or `otherwise` where x is null
//   updates_both(exact, y)              an element of `exact`, for a new one there and, rounded, in y; of one
//   row
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#ifdef __CUDACC__
#include "kernels/cuda/packs.h"
#else
#include "kernels/numeric.h"
#endif

namespace dlcore::kernels::DLCORE_TARGET {

#ifndef __CUDACC__
template <class T>
inline void load_elements(const T* x, Arithmetic<T> (&values)[1]) {
  values[0] = load(x[0]);
}
template <class T>
inline void store_elements(T* y, const Arithmetic<T> (&values)[1]) {
  store(y[0], values[0]);
}
#endif

inline bool begins_pack(const void* place) {
  return reinterpret_cast<std::uintptr_t>(place) % 16 == 0;
}

/// Rows of T that are read, written or both; with `Limited` only the first `count` of them are read.
template <class T, bool Reads, bool Writes, bool Limited>
struct ElementRows {
  static constexpr int bytes = sizeof(T);
  static constexpr bool same_rows = false;

  T* first;
  std::int64_t stride, count;
  T* other;

  struct Row {
    using value = Arithmetic<std::remove_const_t<T>>;

    T* place;
    bool counted;

    /// Values of the W elements from column c on.
    template <int W>
    DLCORE_DEVICE void get(std::int64_t c, value (&values)[W]) const {
      if constexpr (Reads) {
        load_elements(place + c, values);
        if constexpr (Limited)
          for (int k = 0; k < W; ++k) values[k] = counted ? values[k] : value(0);
      } else {
        for (int k = 0; k < W; ++k) values[k] = value(0);
      }
    }
    template <int W>
    DLCORE_DEVICE void put(std::int64_t c, const value (&values)[W]) const {
      if constexpr (Writes) store_elements(place + c, values);
    }
  };

  DLCORE_DEVICE Row row(std::int64_t r) const {
    if constexpr (!Limited) return {first + r * stride, true};
    const bool counted = r < count;
    return {(counted ? first : other) + r * stride, counted};
  }
  /// Whether each row begins where a pack can.
  bool in_packs(std::int64_t rows) const {
    return begins_pack(first) && (!Limited || begins_pack(other)) && (rows == 1 || stride * bytes % 16 == 0);
  }
};

template <class T>
ElementRows<const T, true, false, false> reads(const T* x, std::int64_t stride = 0) {
  return {x, stride, 0, nullptr};
}
template <class T>
ElementRows<const T, true, false, true> reads_rows(const T* x, std::int64_t stride, std::int64_t count,
                                                   const T* other) {
  return {x, stride, count, other};
}
template <class T>
ElementRows<T, false, true, false> writes(T* y, std::int64_t stride = 0) {
  return {y, stride, 0, nullptr};
}
template <class T>
ElementRows<T, true, true, false> updates(T* y, std::int64_t stride = 0) {
  return {y, stride, 0, nullptr};
}
template <class T>
ElementRows<T, true, true, true> updates_rows(T* y, std::int64_t stride, std::int64_t count) {
  return {y, stride, count, y};
}

/// One row for all rows.
template <class T>
struct OneRow : ElementRows<const T, true, false, false> {
  static constexpr bool same_rows = true;
};

template <class T>
OneRow<T> reads_row(const T* x) {
  return {{x, 0, 0, nullptr}};
}

/// One number for all elements.
template <class S, class A>
struct OneElement {
  static constexpr int bytes = 16;
  static constexpr bool same_rows = true;

  const S* x;
  A otherwise;

  struct Row {
    using value = A;

    A one;

    template <int W>
    DLCORE_DEVICE void get(std::int64_t, A (&values)[W]) const {
      for (int k = 0; k < W; ++k) values[k] = one;
    }
    template <int W>
    DLCORE_DEVICE void put(std::int64_t, const A (&)[W]) const {}
  };

  DLCORE_DEVICE Row row(std::int64_t) const { return {x == nullptr ? otherwise : static_cast<A>(x[0])}; }
  bool in_packs(std::int64_t) const { return true; }
};

template <class S, class A>
OneElement<S, A> reads_one(const S* x, A otherwise) {
  return {x, otherwise};
}

/// Elements that are kept twice.
template <class T>
struct ElementsInBoth {
  static constexpr int bytes = sizeof(T);
  static constexpr bool same_rows = false;

  struct Row {
    using value = Arithmetic<T>;

    value* exact;
    T* rounded;

    template <int W>
    DLCORE_DEVICE void get(std::int64_t c, value (&values)[W]) const {
      load_elements(exact + c, values);
    }
    template <int W>
    DLCORE_DEVICE void put(std::int64_t c, const value (&values)[W]) const {
      store_elements(exact + c, values);
      store_elements(rounded + c, values);
    }
  };
  Row both;

  DLCORE_DEVICE Row row(std::int64_t) const { return both; }
  bool in_packs(std::int64_t) const { return begins_pack(both.exact) && begins_pack(both.rounded); }
};

template <class T>
ElementsInBoth<T> updates_both(Arithmetic<T>* exact, T* y) {
  return {{exact, y}};
}

/// W elements of a row from column c on, while f has them.
template <int W, class Row>
struct HeldElements {
  Row row;
  std::int64_t c;
  typename Row::value values[W];

  DLCORE_DEVICE HeldElements(const Row& of, std::int64_t from) : row(of), c(from) { row.get(c, values); }
  DLCORE_DEVICE void put() const { row.put(c, values); }
};

template <int W, class F, class... Rows>
DLCORE_DEVICE inline void visit_held(const F& f, HeldElements<W, Rows>... held) {
#ifdef __CUDACC__
#pragma unroll
#endif
  for (int k = 0; k < W; ++k) f(held.values[k]...);
  (held.put(), ...);
}

/// f for each of W columns from c on.
template <int W, class F, class... Rows>
DLCORE_DEVICE inline void visit_elements(const F& f, std::int64_t c, const Rows&... rows) {
  visit_held<W>(f, HeldElements<W, Rows>(rows, c)...);
}

}  // namespace dlcore::kernels::DLCORE_TARGET

#ifdef __CUDACC__
#include "kernels/cuda/elements_cuda.h"
#else
#include "kernels/cpu/elements_cpu.h"
#endif
