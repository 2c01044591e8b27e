// The CUDA half of launch.h.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "core/stream.h"
#include "kernels/cuda/cuda_check.h"
#include "kernels/numeric.h"
#include "kernels/sums.h"

namespace dlcore::kernels::cuda {

constexpr unsigned full_warp = 0xffffffffu;

template <class F>
__global__ void for_each_kernel(std::int64_t n, F f) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += stride) f(i);
}

inline cudaStream_t native(const Stream& stream) {
  return static_cast<cudaStream_t>(stream.native());
}

inline unsigned grid_for(std::int64_t work, std::int64_t per_block) {
  const std::int64_t blocks = (work + per_block - 1) / per_block;
  return static_cast<unsigned>(blocks < (1 << 20) ? blocks : (1 << 20));
}

template <class F>
void for_each(const Stream& stream, std::int64_t n, F f) {
  if (n <= 0) return;
  for_each_kernel<<<grid_for(n, 256), 256, 0, native(stream)>>>(n, f);
  check_launch();
}

template <class F>
__global__ void for_each_2d_kernel(std::int64_t rows, std::int64_t cols, F f) {
  const std::int64_t column_step = std::int64_t{gridDim.y} * blockDim.x;
  for (std::int64_t r = std::int64_t{blockIdx.x} * blockDim.y + threadIdx.y; r < rows;
       r += std::int64_t{gridDim.x} * blockDim.y)
    for (std::int64_t c = std::int64_t{blockIdx.y} * blockDim.x + threadIdx.x; c < cols; c += column_step)
      f(r, c);
}

template <class F>
void for_each(const Stream& stream, std::int64_t rows, std::int64_t cols, F f) {
  if (rows <= 0 || cols <= 0) return;
  unsigned width = 32;
  while (width < 256 && width < cols) width *= 2;
  const unsigned height = 256 / width;
  const std::int64_t across = (cols + width - 1) / width;
  const dim3 grid(grid_for(rows, height), static_cast<unsigned>(across < 1024 ? across : 1024));
  for_each_2d_kernel<<<grid, dim3(width, height), 0, native(stream)>>>(rows, cols, f);
  check_launch();
}

/// Sums that the compiler does not contract with a product in the term: kernels that add the same terms get
/// the same bits, whatever else they do with a term.
__device__ inline float plus(float a, float b) {
  return __fadd_rn(a, b);
}
__device__ inline double plus(double a, double b) {
  return __dadd_rn(a, b);
}

/// One warp (several rows per block) for narrow rows, else one block.
struct Team {
  int lane;        // this member's number
  int size;        // 32, or the block's size
  double* shared;  // a block's scratch, one double per warp; null for a warp team

  template <class F>
  __device__ void each(std::int64_t n, F f) const {
    for (std::int64_t c = lane; c < n; c += size) f(c);
  }

  template <class F>
  __device__ auto sum(std::int64_t n, F f) const {
    decltype(f(n)) total = 0;
    for (std::int64_t c = lane; c < n; c += size) total = plus(total, f(c));
    return combine(total, [](auto a, auto b) { return plus(a, b); });
  }

  template <class F, class Finish>
  __device__ void each_sum(std::int64_t n, std::int64_t terms, F f, Finish finish) const {
    for (std::int64_t c = lane; c < n; c += size) {
      decltype(f(n)(n)) total = 0;
#pragma unroll 8
      for (std::int64_t k = 0; k < terms; ++k) total += f(k)(c);
      finish(c, total);
    }
  }

  template <class F>
  __device__ auto max(std::int64_t n, F f) const {
    using A = decltype(f(n));
    A best = -A(__builtin_huge_val());
    for (std::int64_t c = lane; c < n; c += size)
      best = larger(f(c), best);  // in this order a NaN is passed over
    return combine(best, [](auto a, auto b) { return larger(a, b); });
  }

  template <class F>
  __device__ std::int64_t arg_max(std::int64_t n, F f) const {
    const auto best = max(n, f);
    const std::int64_t where = find(n, 0, [=](std::int64_t c) { return f(c) == best; });
    return where == n ? 0 : where;
  }

  template <class F>
  __device__ std::int64_t find(std::int64_t n, std::int64_t from, F f) const {
    std::int64_t where = n;
    for (std::int64_t c = from + lane; c < n && where == n; c += size)
      if (f(c)) where = c;
    return combine(where, [](auto a, auto b) { return smaller(a, b); });
  }

  __device__ bool leader() const {
    return lane == 0;
  }
  __device__ void sync() const {
    if (shared == nullptr)
      __syncwarp();
    else
      __syncthreads();
  }

 private:
  // Combines one value of each member; the order depends on the team's size alone.
  template <class A, class Op>
  __device__ A combine(A value, Op op) const {
    for (int offset = 16; offset > 0; offset /= 2)
      value = op(value, __shfl_xor_sync(full_warp, value, offset));
    if (shared == nullptr) return value;
    static_assert(sizeof(A) <= sizeof(double));
    __syncthreads();  // the scratch may still be read by the reduction before
    if (lane % 32 == 0) *reinterpret_cast<A*>(shared + lane / 32) = value;
    __syncthreads();
    A result = *reinterpret_cast<A*>(shared);
    for (int warp = 1; warp < size / 32; ++warp) result = op(result, *reinterpret_cast<A*>(shared + warp));
    return result;
  }
};

template <class F>
__global__ void row_per_warp_kernel(std::int64_t rows, F f) {
  const Team team{static_cast<int>(threadIdx.x), 32, nullptr};
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.y;
  for (std::int64_t r = std::int64_t{blockIdx.x} * blockDim.y + threadIdx.y; r < rows; r += stride)
    f(r, team);
}

template <class F>
__global__ void row_per_block_kernel(std::int64_t rows, F f) {
  __shared__ double scratch[32];
  const Team team{static_cast<int>(threadIdx.x), static_cast<int>(blockDim.x), scratch};
  for (std::int64_t r = blockIdx.x; r < rows; r += gridDim.x) f(r, team);
}

template <class F>
void for_each_row(const Stream& stream, std::int64_t rows, std::int64_t cols, F f) {
  if (rows <= 0) return;
  if (cols <= 256) {
    row_per_warp_kernel<<<grid_for(rows, 8), dim3(32, 8), 0, native(stream)>>>(rows, f);
  } else {
    unsigned threads = 128;
    while (threads < 1024 && threads * 4 < cols) threads *= 2;
    row_per_block_kernel<<<grid_for(rows, 1), threads, 0, native(stream)>>>(rows, f);
  }
  check_launch();
}

/// Of `blocks` blocks that count themselves in `done`, whether this is the last one, which sees what the
/// others wrote before. The counter, of Stream::counters(), is at 0 again then.
__device__ inline bool is_last_block(std::uint32_t* done, unsigned blocks) {
  __shared__ bool last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0 && threadIdx.y == 0) last = atomicInc(done, blocks - 1) == blocks - 1;
  __syncthreads();
  if (last) __threadfence();
  return last;
}

constexpr int column_lanes = 16;  // rows of a block that sum one column together

/// Parts of the rows, so that there are two blocks for each of a large GPU's processors, each lane with four
/// rows at least. The number depends on the sizes alone.
inline std::int64_t column_parts(std::int64_t rows, std::int64_t across) {
  if (across > static_cast<std::int64_t>(Stream::counter_count)) return 1;
  const std::int64_t most = rows / (4 * column_lanes), wished = (264 + across - 1) / across;
  const std::int64_t parts = wished < most ? wished : most;
  return parts < 1 ? 1 : parts;
}

/// Sums over the lanes of a block, of one column for each of its 32 threads across; in lane 0.
template <class S>
__device__ inline void add_lanes(S& total) {
  __shared__ typename S::value partial[column_lanes][S::count][33];
  for (int k = 0; k < S::count; ++k) partial[threadIdx.y][k][threadIdx.x] = total.v[k];
  __syncthreads();
  if (threadIdx.y != 0) return;
  for (int lane = 1; lane < column_lanes; ++lane)
    for (int k = 0; k < S::count; ++k) total.v[k] += partial[lane][k][threadIdx.x];
}

/// Sums the rows of part blockIdx.y; finish(c, sums) is called where all parts have been added: by the only
/// block of a column, or by the one that is done last, in the order of the parts.
/// parts: [part][sum][column]
template <class S, class Map, class Finish>
__global__ void reduce_columns_kernel(std::int64_t rows, std::int64_t cols, Map map, Finish finish,
                                      typename S::value* parts, std::uint32_t* done) {
  const std::int64_t c = std::int64_t{blockIdx.x} * 32 + threadIdx.x;
  const std::int64_t part = blockIdx.y;
  const std::int64_t end = (part + 1) * rows / gridDim.y;
  S total{};
  if (c < cols)
#pragma unroll 4
    for (std::int64_t r = part * rows / gridDim.y + threadIdx.y; r < end; r += column_lanes) {
      const S terms = map(r, c);
      for (int k = 0; k < S::count; ++k) total.v[k] += terms.v[k];
    }
  add_lanes(total);
  if (gridDim.y > 1) {
    if (threadIdx.y == 0 && c < cols)
      for (int k = 0; k < S::count; ++k) parts[(part * S::count + k) * cols + c] = total.v[k];
    if (!is_last_block(done + blockIdx.x, gridDim.y)) return;
    total = S{};
    if (c < cols)
      for (unsigned other = threadIdx.y; other < gridDim.y; other += column_lanes)
        for (int k = 0; k < S::count; ++k) total.v[k] += __ldcg(parts + (other * S::count + k) * cols + c);
    add_lanes(total);
  }
  if (threadIdx.y == 0 && c < cols) finish(c, total);
}

template <class S, class Map, class Finish>
void reduce_columns(const Stream& stream, std::int64_t rows, std::int64_t cols, Map map, Finish finish) {
  using A = typename S::value;
  if (cols <= 0) return;
  const std::int64_t across = (cols + 31) / 32;
  const std::int64_t parts = column_parts(rows, across);
  const dim3 grid(static_cast<unsigned>(across), static_cast<unsigned>(parts));
  auto* const sums =
      parts == 1
          ? nullptr
          : static_cast<A*>(stream.workspace(static_cast<std::size_t>(parts * S::count * cols) * sizeof(A)));
  reduce_columns_kernel<S>
      <<<grid, dim3(32, column_lanes), 0, native(stream)>>>(rows, cols, map, finish, sums, stream.counters());
  check_launch();
}

}  // namespace dlcore::kernels::cuda
