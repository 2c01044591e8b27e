// Convolution with windows of one pixel in float32 on tensor cores, with the numbers of TF32 of
// split_products.h, for few pixels. Rows of factors are read from memory as threads want them; what several
// warps of a processor read comes from its first-level cache. A warp has 32 channels of the result, and of
// source and weights 16 channels at a time: four neighbouring ones for each lane, in one access.
#pragma once

#include <cstdint>

#include "kernels/cuda/convolution_geometry.h"
#include "kernels/cuda/packs.h"
#include "kernels/cuda/split_products.h"

namespace dlcore::kernels::cuda {

constexpr int pointwise_threads = 128;
constexpr int pointwise_warps = pointwise_threads / 32;
constexpr int pointwise_columns = 32;  // of the result, of one warp
constexpr int pointwise_depth = 16;    // of the source, at a time

/// Weights for columns 4 (lane / 4) + t of 32 from `column` on and the depths 4 (lane % 4) + k from `depth`
/// on, as [t].v[k], 0 beyond the matrix. Forward the weights are (columns, depths), backward (depths,
/// columns).
template <bool Backward>
__device__ inline void read_weights(const float* weight, int columns, int depths, int column, int depth,
                                    int lane, Pack<float> (&values)[4]) {
  const int first = column + lane / 4 * 4, from = depth + lane % 4 * 4;
  const bool inside = first < columns && from < depths;  // both are multiples of four
  Pack<float> read[4];
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    read[k] = pack_if(weight + (Backward ? std::int64_t{from + k} * columns + first
                                         : std::int64_t{first + k} * depths + from),
                      inside);
  }
#pragma unroll
  for (int t = 0; t < 4; ++t)
#pragma unroll
    for (int k = 0; k < 4; ++k) values[t].v[k] = Backward ? read[k].v[t] : read[t].v[k];
}

/// Neighbouring channels of a pixel of the result from the sums of their products.
struct PointwiseResult {
  const float* bias;
  const float* residual;
  bool relu;
  float* result;
  int columns;

  template <int N>
  __device__ void put(std::int64_t pixel, int column, Pack<float, N> values) const {
    if (column >= columns) return;
    const std::int64_t place = pixel * columns + column;
    const Pack<float, N> other = residual == nullptr ? Pack<float, N>{} : pack_at<float, N>(residual + place);
#pragma unroll
    for (int v = 0; v < N; ++v) {
      float value = values.v[v];
      if (bias != nullptr) value += bias[column + v];
      value += other.v[v];
      values.v[v] = relu && value < 0.0f ? 0.0f : value;  // NaN passes
    }
    put_pack(result + place, values);
  }
};

/// Blocks: (pixels, columns). A warp has 16 pixels; where the warps of a block share their depth, they have
/// the same ones, and their sums are added in their order. Accesses of Ahead rounds are on their way, as a
/// round takes less long to multiply than to arrive.
template <bool Backward, bool SharedDepth, int Ahead>
__global__ void __launch_bounds__(pointwise_threads, 2)
    pointwise_product_kernel(ConvolutionGeometry g, const float* __restrict__ source,
                             const float* __restrict__ weight, PointwiseResult result) {
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int depths = g.source_width, column = static_cast<int>(blockIdx.y) * pointwise_columns;
  const int pixels = static_cast<int>(g.pixels);
  const int first =
      static_cast<int>(SharedDepth ? blockIdx.x : blockIdx.x * pointwise_warps + threadIdx.x / 32) * 16;
  const auto pixel_of = [&](int h) { return first + h * 8 + lane / 4; };
  const float* row[2];  // of the source, null where there is none
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    const std::int64_t place = pixel_of(h) < pixels ? g.under(pixel_of(h)) : -1;
    row[h] = place < 0 ? nullptr : source + place * depths + lane % 4 * 4;
  }

  Pack<float> x[Ahead][2], w[Ahead][4];
  const auto read = [&](int round, int depth) {
#pragma unroll
    for (int h = 0; h < 2; ++h)
      x[round][h] = pack_if(row[h] + depth, row[h] != nullptr && depth + lane % 4 * 4 < depths);
    read_weights<Backward>(weight, result.columns, depths, column, depth, lane, w[round]);
  };
  float sum[4][4] = {};
  constexpr int step = pointwise_depth * (SharedDepth ? pointwise_warps : 1);
  int depth = SharedDepth ? warp * pointwise_depth : 0;
#pragma unroll
  for (int round = 0; round < Ahead; ++round) read(round, depth + round * step);
  while (depth < depths) {
#pragma unroll
    for (int round = 0; round < Ahead; ++round, depth += step) {
      if (depth >= depths) break;
      const SplitRows rows = split_rows(x[round]);
      SplitWeights weights[4];
#pragma unroll
      for (int t = 0; t < 4; ++t) weights[t] = split_weights(w[round][t]);
      read(round, depth + Ahead * step);
#pragma unroll
      for (int t = 0; t < 4; ++t) add_split_products(sum[t], rows, weights[t]);
    }
  }

  // Of tile t a lane has columns 2 (lane % 4) + e in rows lane / 4 + 8 h, which are the channels
  // 8 (lane % 4) + 4 e + t.
  if constexpr (SharedDepth) {
    __shared__ float sums[pointwise_warps][16][32];
#pragma unroll
    for (int k = 0; k < 16; ++k) sums[warp][k][lane] = sum[k / 4][k % 4];
    __syncthreads();
    const int h = warp / 2, e = warp % 2;  // each warp a quarter
    Pack<float> total;
#pragma unroll
    for (int t = 0; t < 4; ++t) {
      total.v[t] = sums[0][t * 4 + warp][lane];
#pragma unroll
      for (int other = 1; other < pointwise_warps; ++other) total.v[t] += sums[other][t * 4 + warp][lane];
    }
    if (pixel_of(h) < pixels) result.put(pixel_of(h), column + lane % 4 * 8 + e * 4, total);
  } else {
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const int h = k / 2, e = k % 2;
      if (pixel_of(h) < pixels)
        result.put(pixel_of(h), column + lane % 4 * 8 + e * 4,
                   Pack<float>{{sum[0][k], sum[1][k], sum[2][k], sum[3][k]}});
    }
  }
}

constexpr int pointwise_part = pointwise_columns * pointwise_columns;  // weights of a block

/// Of 32 x 32 sums [2][4][4] of a warp's lanes, two tiles of 16 rows by four of 8 columns: which one row
/// `down` and column `across` have.
struct SumPlace {
  int sum, lane;

  __device__ SumPlace(int down, int across) {
    const int m = down % 4 / 2, r = down / 4 + down % 2 * 8, t = across % 4, n = across / 4;
    sum = m * 16 + t * 4 + r / 8 * 2 + n % 2;
    lane = r % 8 * 4 + n / 2;
  }
};

/// What the gradient of the weights takes of x: columns of the pixels of dy, here the channels under them.
struct PixelColumns {
  static constexpr int most_columns = 1;  // that need an entry of the table
  static constexpr int rounds_ahead = 2;
  using Entry = int;

  WeightGeometry g;
  const float* x;

  __device__ int columns() const { return g.in_width; }
  __device__ int weight(int column) const { return column; }  // of one channel of dy
  __device__ void prepare(Entry*) const {}
  /// Four columns, zeros unless `inside`.
  __device__ Pack<float> read(const Entry*, int pixel, int column, bool inside) const {
    return pack_if(x + g.under(pixel) * g.in_width + column, inside && column < columns());
  }
};

/// The gradient of the weights, a row for each channel of dy. Blocks: (parts of the pixels, pieces of dy's
/// channels, pieces of the columns), 32 x 32 weights; the warps of a block take turns of 8 pixels. parts:
/// [part](O, columns)
template <class Columns>
__global__ void __launch_bounds__(pointwise_threads, 3)
    product_weights_kernel(Columns x, const float* __restrict__ dy, float* parts) {
  __shared__ float sums[pointwise_warps][32][32];  // [warp][sum][lane]
  __shared__ typename Columns::Entry table[Columns::most_columns];
  x.prepare(table);
  __syncthreads();
  const WeightGeometry& g = x.g;
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int o = static_cast<int>(blockIdx.y) * pointwise_columns + lane / 4 * 4;
  const int c = static_cast<int>(blockIdx.z) * pointwise_columns + lane / 4 * 4;
  const int pixels = static_cast<int>(g.pixels), steps = (pixels + 7) / 8;
  const auto begin = static_cast<int>(std::int64_t{blockIdx.x} * steps / gridDim.x);
  const auto end = static_cast<int>(std::int64_t{blockIdx.x + 1} * steps / gridDim.x);
  constexpr int ahead = Columns::rounds_ahead;
  Pack<float> gradient[ahead][2], value[ahead][2];  // of pixels lane % 4 and lane % 4 + 4
  const auto read = [&](int round, int s) {
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const int pixel = s * 8 + k * 4 + lane % 4;
      const bool inside = s < end && pixel < pixels;
      gradient[round][k] = pack_if(dy + std::int64_t{pixel} * g.out_width + o, inside && o < g.out_width);
      value[round][k] = x.read(table, pixel, c, inside);
    }
  };
  float sum[2][4][4] = {};
  int s = begin + warp;
#pragma unroll
  for (int round = 0; round < ahead; ++round) read(round, s + round * pointwise_warps);
  while (s < end) {
#pragma unroll
    for (int round = 0; round < ahead; ++round, s += pointwise_warps) {
      if (s >= end) break;
      // Rows lane / 4 and lane / 4 + 8 of tile m are the channels 2 m and 2 m + 1 of the lane's four.
      TwoParts dys[2][4], xs[4][2];
#pragma unroll
      for (int m = 0; m < 2; ++m)
#pragma unroll
        for (int k = 0; k < 4; ++k) dys[m][k] = two_parts(gradient[round][k / 2].v[2 * m + k % 2]);
#pragma unroll
      for (int t = 0; t < 4; ++t)
#pragma unroll
        for (int k = 0; k < 2; ++k) xs[t][k] = two_parts(value[round][k].v[t]);
      read(round, s + ahead * pointwise_warps);
#pragma unroll
      for (int m = 0; m < 2; ++m)
#pragma unroll
        for (int t = 0; t < 4; ++t) add_split_products(sum[m][t], dys[m], xs[t]);
    }
  }
#pragma unroll
  for (int k = 0; k < 32; ++k) sums[warp][k][lane] = sum[k / 16][k / 4 % 4][k % 4];
  __syncthreads();
  float* const mine = parts + std::int64_t{blockIdx.x} * g.out_width * x.columns();
  for (int i = static_cast<int>(threadIdx.x); i < pointwise_part; i += pointwise_threads) {
    const int down = i / 32, across = i % 32;
    const SumPlace place(down, across);
    float total = sums[0][place.sum][place.lane];
#pragma unroll
    for (int other = 1; other < pointwise_warps; ++other) total += sums[other][place.sum][place.lane];
    const int row = static_cast<int>(blockIdx.y) * pointwise_columns + down;
    const int column = static_cast<int>(blockIdx.z) * pointwise_columns + across;
    if (row < g.out_width && column < x.columns())
      mine[std::int64_t{row} * x.columns() + x.weight(column)] = total;
  }
}

}  // namespace dlcore::kernels::cuda
