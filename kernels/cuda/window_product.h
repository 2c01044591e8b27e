// Convolution with windows of up to 64 numbers, as of the first layers of a network, in float32 on tensor
// cores. The windows are rows of a matrix: pixels, or numbers gathered where they are needed. The weights are
// taken apart once for many pixels; the products are those of pointwise_product.h.
#pragma once

#include "kernels/cuda/pointwise_product.h"

namespace dlcore::kernels::cuda {

constexpr int window_most_columns = 64;
constexpr int window_pieces = window_most_columns / pointwise_depth;

/// The windows over x at the pixels of y, in the order of x: row after row of a window, which is one piece of
/// memory.
struct WindowColumns {
  static constexpr int most_columns = window_most_columns;
  static constexpr int rounds_ahead = 1;
  /// Where a number of the window is, from its upper left corner.
  struct Entry {
    int row, column, offset;
  };

  WeightGeometry g;
  const float* x;

  __device__ int columns() const { return g.taps() * g.in_width; }
  /// Where a column's weight is among those of one channel of y, (C, height, width).
  __device__ int weight(int column) const { return column % g.in_width * g.taps() + column / g.in_width; }

  /// With all threads of a block; before others read the table, they wait for each other.
  __device__ void prepare(Entry* table) const {
    const auto wide = static_cast<int>(g.cols.kernel);
    for (int i = static_cast<int>(threadIdx.x); i < most_columns; i += pointwise_threads) {
      const int tap = i / g.in_width, row = tap / wide * static_cast<int>(g.rows.dilation);
      const int column = tap % wide * static_cast<int>(g.cols.dilation);
      // Beyond the window there is nothing, wherever it is.
      table[i] = {i < columns() ? row : 1 << 24, column, (row * g.w + column) * g.in_width + i % g.in_width};
    }
  }

  /// A window's place.
  struct Row {
    const float* corner;
    int row, column;
  };
  __device__ Row row(int pixel) const {
    const int line = pixel / g.out_w;
    const int i = line % g.out_h * static_cast<int>(g.rows.stride) - static_cast<int>(g.rows.padding);
    const int j = pixel % g.out_w * static_cast<int>(g.cols.stride) - static_cast<int>(g.cols.padding);
    return {x + ((std::int64_t{line / g.out_h} * g.h + i) * g.w + j) * g.in_width, i, j};
  }
  __device__ Pack<float> read(const Entry* table, const Row& row, int column, bool inside) const {
    Pack<float> values;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const Entry entry = table[column + k];
      const int i = row.row + entry.row, j = row.column + entry.column;
      values.v[k] =
          pack_if<float, 1>(row.corner + entry.offset, inside && i >= 0 && i < g.h && j >= 0 && j < g.w).v[0];
    }
    return values;
  }
  __device__ Pack<float> read(const Entry* table, int pixel, int column, bool inside) const {
    return read(table, row(pixel), column, inside);
  }
};

/// The pixels under windows of one pixel, which are rows already.
struct SourcePixels {
  static constexpr int most_columns = 1;
  using Entry = int;
  using Row = const float*;  // null: there is none

  ConvolutionGeometry g;
  const float* source;

  __device__ int columns() const { return g.source_width; }
  __device__ int weight(int column) const { return column; }
  __device__ void prepare(Entry*) const {}
  __device__ Row row(int pixel) const {
    const std::int64_t place = g.under(pixel);
    return place < 0 ? nullptr : source + place * columns();
  }
  __device__ Pack<float> read(const Entry*, Row row, int column, bool inside) const {
    return pack_if(row + column, inside && row != nullptr && column < columns());
  }
};

constexpr int window_blocks = 6;  // on a processor, by the registers they take

/// Blocks: (pixels, columns of the result). A warp: 16 pixels and 32 columns at a time. The weights are
/// (columns of the result, columns of x), backward the other way round.
template <int Pieces, bool Backward, class Columns>
__global__ void __launch_bounds__(pointwise_threads)
    window_product_kernel(Columns x, const float* __restrict__ weight, PointwiseResult result) {
  __shared__ typename Columns::Entry table[Columns::most_columns];
  __shared__ Pack<std::uint32_t, 4> weights[Pieces][4][2][32];  // [piece][t][upper or lower][lane]
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int column = static_cast<int>(blockIdx.y) * pointwise_columns, depths = x.columns();
  x.prepare(table);
  for (int piece = warp; piece < Pieces; piece += pointwise_warps)
#pragma unroll
    for (int t = 0; t < 4; ++t) {
      const int into = column + lane / 4 * 4 + t, from = piece * pointwise_depth + lane % 4 * 4;
      Pack<float> values;
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const int at = x.weight(from + k);
        const std::int64_t place =
            Backward ? std::int64_t{at} * result.columns + into : std::int64_t{into} * depths + at;
        values.v[k] = pack_if<float, 1>(weight + place, into < result.columns && from + k < depths).v[0];
      }
      const SplitWeights made = split_weights(values);
      weights[piece][t][0][lane] = made.upper;
      weights[piece][t][1][lane] = made.lower;
    }
  __syncthreads();

  const int pixels = static_cast<int>(x.g.pixels), step = static_cast<int>(gridDim.x) * pointwise_warps * 16;
  for (int first = (static_cast<int>(blockIdx.x) * pointwise_warps + warp) * 16; first < pixels;
       first += step) {
    Pack<float> values[Pieces][2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int pixel = first + h * 8 + lane / 4;
      const typename Columns::Row row = x.row(pixel);
#pragma unroll
      for (int piece = 0; piece < Pieces; ++piece)
        values[piece][h] = x.read(table, row, piece * pointwise_depth + lane % 4 * 4, pixel < pixels);
    }
    float sum[4][4] = {};
#pragma unroll
    for (int piece = 0; piece < Pieces; ++piece) {
      const SplitRows rows = split_rows(values[piece]);
#pragma unroll
      for (int t = 0; t < 4; ++t)
        add_split_products(sum[t], rows, {weights[piece][t][0][lane], weights[piece][t][1][lane]});
    }
#pragma unroll
    for (int k = 0; k < 4; ++k) {  // as of pointwise_product_kernel
      const int pixel = first + k / 2 * 8 + lane / 4;
      if (pixel < pixels)
        result.put(pixel, column + lane % 4 * 8 + k % 2 * 4,
                   Pack<float>{{sum[0][k], sum[1][k], sum[2][k], sum[3][k]}});
    }
  }
}

}  // namespace dlcore::kernels::cuda
