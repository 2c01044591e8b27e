// Gradients of weights whose sums over pixels were cut into parts.
#pragma once

#include <cstdint>

#include "kernels/cuda/launch_cuda.h"

namespace dlcore::kernels::cuda {

constexpr int part_lanes = 4;  // threads that add the parts of one weight
constexpr int part_columns = 32;

/// dw += the parts, each of four threads a quarter of them, in one order. Blocks: 32 weights; parts:
/// [part][weight]
template <class T>
__global__ void __launch_bounds__(part_lanes* part_columns)
    add_weight_parts_kernel(const float* __restrict__ parts, int count, std::int64_t weights, T* dw) {
  __shared__ float quarters[part_lanes][part_columns];
  const int column = static_cast<int>(threadIdx.x) % part_columns;
  const int quarter = static_cast<int>(threadIdx.x) / part_columns;
  const std::int64_t at = std::int64_t{blockIdx.x} * part_columns + column;
  float total = 0;
  if (at < weights) {
#pragma unroll 8
    for (int part = quarter; part < count; part += part_lanes) total += parts[part * weights + at];
  }
  quarters[quarter][column] = total;
  __syncthreads();
  if (quarter > 0 || at >= weights) return;
#pragma unroll
  for (int other = 1; other < part_lanes; ++other) total += quarters[other][column];
  store(dw[at], load(dw[at]) + total);
}

template <class T>
void add_weight_parts(const Stream& stream, const float* parts, std::int64_t count, std::int64_t weights,
                      T* dw) {
  add_weight_parts_kernel<T>
      <<<static_cast<unsigned>((weights + part_columns - 1) / part_columns), part_lanes * part_columns, 0,
         native(stream)>>>(parts, static_cast<int>(count), weights, dw);
  check_launch();
}

}  // namespace dlcore::kernels::cuda
