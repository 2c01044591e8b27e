// Neighbouring elements in one access, of up to 16 bytes.
#pragma once

#include "kernels/cuda/instructions.h"
#include "kernels/numeric.h"

namespace dlcore::kernels::cuda {

/// N elements, aligned to their size.
template <class T, int N = 16 / sizeof(T)>
struct alignas(N * sizeof(T)) Pack {
  static_assert(N * sizeof(T) <= 16);
  static constexpr int count = N;
  T v[N];
};

template <class T, int N = 16 / sizeof(T)>
__device__ inline Pack<T, N> pack_at(const T* place) {
  return words_at<Pack<T, N>>(place);
}
/// Zeros unless `valid`; of memory that the kernel does not write.
template <class T, int N = 16 / sizeof(T)>
__device__ inline Pack<T, N> pack_if(const T* place, bool valid) {
  std::uint32_t words[N * sizeof(T) / 4];
  read_if(words, place, valid);
  Pack<T, N> pack;
  __builtin_memcpy(&pack, words, sizeof pack);
  return pack;
}
template <class T, int N>
__device__ inline void put_pack(T* place, const Pack<T, N>& pack) {
  *reinterpret_cast<Pack<T, N>*>(place) = pack;
}

/// The values of W elements, aligned to 16 bytes or to their size where that is less: in accesses as wide.
template <class T, int W>
__device__ inline void load_elements(const T* x, Arithmetic<T> (&values)[W]) {
  constexpr int N = W * sizeof(T) < 16 ? W : 16 / sizeof(T);
#pragma unroll
  for (int first = 0; first < W; first += N) {
    const Pack<T, N> pack = pack_at<T, N>(x + first);
#pragma unroll
    for (int k = 0; k < N; ++k) values[first + k] = load(pack.v[k]);
  }
}
template <class T, int W>
__device__ inline void store_elements(T* y, const Arithmetic<T> (&values)[W]) {
  constexpr int N = W * sizeof(T) < 16 ? W : 16 / sizeof(T);
#pragma unroll
  for (int first = 0; first < W; first += N) {
    Pack<T, N> pack;
#pragma unroll
    for (int k = 0; k < N; ++k) store(pack.v[k], values[first + k]);
    put_pack(y + first, pack);
  }
}

}  // namespace dlcore::kernels::cuda
