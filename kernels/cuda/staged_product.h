// Convolution with windows of one pixel, in float32 on tensor cores, for many pixels of more than a few
// channels: a block's rows of both factors, 16 channels at a time, are on their way to shared memory while
// earlier ones are multiplied. The products and the order of their sums are those of pointwise_product.h.
#pragma once

#include "kernels/cuda/pointwise_product.h"

namespace dlcore::kernels::cuda {

constexpr int staged_threads = 256;
constexpr int staged_pixels = 64;  // of a block: 16 of a warp, and two warps for their columns
constexpr int staged_stages = 4;

/// What a block has of both factors for 16 channels of the source.
template <int Columns, bool Backward>
struct Stage {
  static constexpr int half = Columns / 2;  // columns of a warp
  static constexpr int tiles = half / 8;    // of them; four together, the fifth by itself
  static_assert(tiles == 4 || tiles == 5);
  static constexpr int pitch = Backward ? (Columns + 31) / 32 * 32 : pointwise_depth;
  static constexpr int chunks = Columns * pointwise_depth / 4;  // of 16 bytes

  alignas(16) float source[staged_pixels][pointwise_depth];
  alignas(16) float weights[(Backward ? pointwise_depth : Columns) * pitch];

  /// Where four weights are whose first one is for this column and depth: such that the lanes that read, and
  /// those that copy, meet different banks. Forward the four are of neighbouring depths, backward of
  /// neighbouring columns.
  __device__ static int place(int column, int depth) {
    if constexpr (Backward) {
      return depth * pitch + ((column / 4) ^ depth / 4 * 2) * 4 + column % 4;
    } else {
      const int in_half = column % half;
      const int row = in_half < 32 ? in_half % 4 * 8 + (in_half / 4 ^ in_half % 2) : in_half;
      return (column - in_half + row) * pitch + depth;
    }
  }

  /// Weights for tile t of the half that begins at `column`, as split_weights() wants them.
  __device__ void read(int column, int lane, Pack<float> (&values)[tiles]) const {
    const int row = lane / 4, depth = lane % 4 * 4;
    if constexpr (Backward) {
      Pack<float> four[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) four[k] = pack_at(weights + place(column + row * 4, depth + k));
#pragma unroll
      for (int t = 0; t < 4; ++t)
#pragma unroll
        for (int k = 0; k < 4; ++k) values[t].v[k] = four[k].v[t];
      if constexpr (tiles == 5)
#pragma unroll
        for (int k = 0; k < 4; ++k) values[4].v[k] = weights[place(column + 32 + row, depth + k)];
    } else {
#pragma unroll
      for (int t = 0; t < tiles; ++t)
        values[t] = pack_at(weights + place(column + (t < 4 ? row * 4 + t : 32 + row), depth));
    }
  }
};

/// Blocks: (pixels, columns of the result)
template <int Columns, bool Backward>
__global__ void __launch_bounds__(staged_threads, 2)
    staged_product_kernel(ConvolutionGeometry g, const float* __restrict__ source,
                          const float* __restrict__ weight, PointwiseResult result) {
  using OneStage = Stage<Columns, Backward>;
  __shared__ OneStage stages[staged_stages];
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int depths = g.source_width, first_column = static_cast<int>(blockIdx.y) * Columns;
  const int pixels = static_cast<int>(g.pixels), first_pixel = static_cast<int>(blockIdx.x) * staged_pixels;

  // Each thread copies four of a pixel's 16 channels, and one or two pieces of the weights, always the same
  // but for the depth.
  const int copied = first_pixel + thread / 4, part = thread % 4 * 4;
  const std::int64_t under = copied < pixels ? g.under(copied) : -1;
  const float* const row = under < 0 ? nullptr : source + under * depths + part;
  constexpr int pieces = (OneStage::chunks + staged_threads - 1) / staged_threads;
  const float* piece[pieces];  // at depth 0
  int into[pieces], down[pieces];
#pragma unroll
  for (int p = 0; p < pieces; ++p) {
    const int i = thread + p * staged_threads;
    const int column = Backward ? i % (Columns / 4) * 4 : i / 4;
    down[p] = Backward ? i / (Columns / 4) : i % 4 * 4;
    into[p] = i < OneStage::chunks ? OneStage::place(column, down[p]) : -1;
    const std::int64_t at = Backward ? std::int64_t{down[p]} * result.columns + first_column + column
                                     : std::int64_t{first_column + column} * depths + down[p];
    piece[p] = first_column + column < result.columns ? weight + at : nullptr;
  }
  const auto copy = [&](int step) {
    OneStage& stage = stages[step % staged_stages];
    const int depth = step * pointwise_depth;
    const bool inside = row != nullptr && depth + part < depths;
    copy_async(&stage.source[thread / 4][part], inside ? row + depth : source, inside);
#pragma unroll
    for (int p = 0; p < pieces; ++p) {
      if (into[p] < 0) continue;
      const bool exists = piece[p] != nullptr && depth + down[p] < depths;
      const std::int64_t further = Backward ? std::int64_t{depth} * result.columns : depth;
      copy_async(stage.weights + into[p], exists ? piece[p] + further : weight, exists);
    }
  };

  const int steps = (depths + pointwise_depth - 1) / pointwise_depth;
#pragma unroll
  for (int step = 0; step < staged_stages - 1; ++step) {
    if (step < steps) copy(step);
    commit_copies();
  }
  float sum[OneStage::tiles][4] = {};
  const int of_warp = warp % 4 * 16, half = warp / 4 * OneStage::half;
  for (int step = 0; step < steps; ++step) {
    await_copies<staged_stages - 2>();
    __syncthreads();
    if (step + staged_stages - 1 < steps) copy(step + staged_stages - 1);
    commit_copies();
    const OneStage& stage = stages[step % staged_stages];
    Pack<float> x[2], w[OneStage::tiles];
#pragma unroll
    for (int h = 0; h < 2; ++h) x[h] = pack_at(&stage.source[of_warp + h * 8 + lane / 4][lane % 4 * 4]);
    stage.read(half, lane, w);
    const SplitRows rows = split_rows(x);
#pragma unroll
    for (int t = 0; t < OneStage::tiles; ++t) add_split_products(sum[t], rows, split_weights(w[t]));
  }
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    const int pixel = first_pixel + of_warp + h * 8 + lane / 4, column = first_column + half;
    if (pixel >= pixels) continue;
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      const int k = h * 2 + e;
      result.put(pixel, column + lane % 4 * 8 + e * 4,
                 Pack<float>{sum[0][k], sum[1][k], sum[2][k], sum[3][k]});
    }
    if constexpr (OneStage::tiles == 5)
      result.put(pixel, column + 32 + lane % 4 * 2, Pack<float, 2>{sum[4][h * 2], sum[4][h * 2 + 1]});
  }
}

}  // namespace dlcore::kernels::cuda
