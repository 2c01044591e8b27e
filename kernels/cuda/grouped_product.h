// Convolution with 3x3 windows in groups of a multiple of 16 channels on tensor cores: of each group, for 16
// channels of the result, a product per tap and per 16 channels of the source, without a copy of the windows.
// As sums may take channels in any order, as long as both factors take the same, a thread's part of a factor
// is four neighbouring channels, which one access brings.
//
// bfloat16 is multiplied as it is and added up in float32, and float32 as in split_products.h.
#pragma once

#include <cstdint>

#include "kernels/cuda/convolution_geometry.h"
#include "kernels/cuda/split_products.h"

namespace dlcore::kernels::cuda {

constexpr int grouped_threads = 128;
constexpr int grouped_warps = grouped_threads / 32;
constexpr int grouped_blocks = 6;  // on a processor, so that some warps multiply while others wait
constexpr int grouped_taps = 9;
constexpr int grouped_channels = 16;  // of source and result in one product

/// Four neighbouring channels.
template <class T>
using Channels = Pack<T, 4>;

/// What a lane wants of the weights in one access.
using WeightPack = Pack<std::uint32_t, 4>;

/// The products of one tap, of 16 pixels with 16 channels of the result. A lane, q = lane % 4, has channels 4
/// q to 4 q + 3 of the source in pixels lane / 4 and lane / 4 + 8, and of the result the same channels of the
/// same pixels. Its weights are those of its channels of the source for the result's channels
/// 4 (lane / 8) + 2 t + lane / 4 % 2, t = 0, 1.
template <class T>
struct TapProduct;

template <>
struct TapProduct<float> {
  static constexpr int packs = 4;  // the upper parts for t = 0, the lower ones, and those for t = 1
  using Weights = WeightPack[packs];

  /// Channel k of the lane's four of the source; `lane` is its place in the first pack of a table.
  __device__ static void put(WeightPack* lane, int t, int k, float value) {
    const TwoParts parts = two_parts(value);
    lane[2 * t * 32].v[k] = parts.upper;
    lane[(2 * t + 1) * 32].v[k] = parts.lower;
  }
  __device__ static void add(float (&sum)[2][4], const Channels<float> (&pixels)[2], const Weights& weights) {
    const SplitRows rows = split_rows(pixels);
#pragma unroll
    for (int t = 0; t < 2; ++t) add_split_products(sum[t], rows, {weights[2 * t], weights[2 * t + 1]});
  }
};

template <>
struct TapProduct<bfloat16> {
  static constexpr int packs = 1;
  using Weights = WeightPack[packs];

  __device__ static std::uint32_t pair(bfloat16 first, bfloat16 second) {
    return std::uint32_t{first.bits} | std::uint32_t{second.bits} << 16;
  }
  __device__ static void put(WeightPack* lane, int t, int k, bfloat16 value) {
    reinterpret_cast<std::uint16_t*>(lane)[4 * t + k] = value.bits;
  }
  __device__ static void add(float (&sum)[2][4], const Channels<bfloat16> (&pixels)[2],
                             const Weights& weights) {
    const std::uint32_t x[4] = {pair(pixels[0].v[0], pixels[0].v[1]), pair(pixels[1].v[0], pixels[1].v[1]),
                                pair(pixels[0].v[2], pixels[0].v[3]), pair(pixels[1].v[2], pixels[1].v[3])};
#pragma unroll
    for (int t = 0; t < 2; ++t) multiply_add(sum[t], x, weights[0].v[2 * t], weights[0].v[2 * t + 1]);
  }
};

/// Weights of one group and one piece of the result in the order in which lanes want them: [tap][piece of the
/// source][pack][lane]. They are read in the order in which memory has them.
template <class T>
__device__ inline void arrange_weights(const ConvolutionGeometry& g, int group, int into_first,
                                       const T* weight, WeightPack* table) {
  const int pieces = g.source_group / grouped_channels;
  // (O, C/G, tap), of which these are `into` by `from` channels: forward rows next to each other, backward
  // pieces of rows.
  const int second = g.backward ? grouped_channels : g.source_group;
  const int row = (g.backward ? g.result_group : g.source_group) * grouped_taps;
  const T* const mine = weight + std::int64_t{group} * grouped_taps * g.source_group * g.result_group +
                        into_first * (g.backward ? grouped_taps : row);
#pragma unroll 6
  for (int i = static_cast<int>(threadIdx.x); i < grouped_taps * g.source_group * grouped_channels;
       i += grouped_threads) {
    const int tap = i % grouped_taps, first = i / grouped_taps / second, other = i / grouped_taps % second;
    const int into = g.backward ? other : first, from = g.backward ? first : other;
    const int piece = from / grouped_channels,
              lane = into / 4 * 8 + into % 2 * 4 + from % grouped_channels / 4;
    TapProduct<T>::put(table + (tap * pieces + piece) * TapProduct<T>::packs * 32 + lane, into / 2 % 2,
                       from % 4, mine[first * row + other * grouped_taps + tap]);
  }
}

/// Where the source's pixels are that a pixel of the result meets under the taps.
struct TapPlaces {
  int picture;   // the first channel's element
  int row, col;  // at the first tap, times the stride where the source is further apart
  unsigned met;  // bit 3 a + b: whether the source has a pixel at tap (a, b)

  __device__ TapPlaces(const ConvolutionGeometry& g, int pixel) {
    const int line = pixel / g.result_w, i = line % g.result_h, j = pixel % g.result_w;
    const auto number = [](std::int64_t value) { return static_cast<int>(value); };
    picture = line / g.result_h * g.source_h * g.source_w * g.source_width;
    row = g.backward ? i + number(g.rows.padding) : (i << g.row_shift) - number(g.rows.padding);
    col = g.backward ? j + number(g.cols.padding) : (j << g.col_shift) - number(g.cols.padding);
    met = 0;
    unsigned across = 0;
#pragma unroll
    for (int k = 0; k < 3; ++k)
      across |= g.meeting(g.cols, g.col_shift, j, k, g.source_w) >= 0 ? 1u << k : 0u;
#pragma unroll
    for (int k = 0; k < 3; ++k)
      met |= g.meeting(g.rows, g.row_shift, i, k, g.source_h) >= 0 ? across << 3 * k : 0u;
    if (pixel >= number(g.pixels)) met = 0;
  }
  __device__ int at(const ConvolutionGeometry& g, int a, int b) const {
    const int down = static_cast<int>(g.rows.dilation) * a, right = static_cast<int>(g.cols.dilation) * b;
    const int i = g.backward ? (row - down) >> g.row_shift : row + down;
    const int j = g.backward ? (col - right) >> g.col_shift : col + right;
    return picture + (i * g.source_w + j) * g.source_width;
  }
};

/// Blocks: (pixels, groups x pieces of the result). A warp: 16 pixels at a time.
template <class T>
__global__ void __launch_bounds__(grouped_threads, grouped_blocks)
    grouped_product_kernel(ConvolutionGeometry g, const T* __restrict__ source, const T* __restrict__ weight,
                           const T* bias, const T* residual, bool relu, T* result) {
  using Product = TapProduct<T>;
  DLCORE_DYNAMIC_SHARED(shared);
  auto* const table = reinterpret_cast<WeightPack*>(shared);
  const int pieces = g.source_group / grouped_channels, slices = g.result_group / grouped_channels;
  const int group = static_cast<int>(blockIdx.y) / slices;
  const int into = static_cast<int>(blockIdx.y) % slices * grouped_channels;
  arrange_weights(g, group, into, weight, table);
  __syncthreads();

  const int lane = static_cast<int>(threadIdx.x) % 32, channel = lane % 4 * 4;
  const int step = static_cast<int>(gridDim.x) * grouped_warps * 16;
  const int pixels = static_cast<int>(g.pixels);
  for (int first = (static_cast<int>(blockIdx.x) * grouped_warps + static_cast<int>(threadIdx.x) / 32) * 16;
       first < pixels; first += step) {
    const TapPlaces places[2] = {{g, first + lane / 4}, {g, first + 8 + lane / 4}};
    float sum[2][4] = {};
    for (int piece = 0; piece < pieces; ++piece) {
      const T* const from = source + group * g.source_group + piece * grouped_channels + channel;
      const auto read = [&](int a, int b, Channels<T>(&values)[2]) {
#pragma unroll
        for (int h = 0; h < 2; ++h)
          values[h] = pack_if<T, 4>(from + places[h].at(g, a, b), (places[h].met >> (3 * a + b) & 1u) != 0);
      };
      // One tap is on its way while the one before is multiplied. Written out, the loop would read far ahead,
      // into more registers than several blocks have.
      Channels<T> x[2], next[2];
      read(0, 0, x);
      const WeightPack* weights = table + piece * Product::packs * 32 + lane;
#pragma unroll 1
      for (int a = 0, b = 0; a < 3;) {
        b = b < 2 ? b + 1 : 0;
        a += b == 0;
        read(a, b, next);  // beyond the window no pixel is met
        typename Product::Weights w;
#pragma unroll
        for (int p = 0; p < Product::packs; ++p) w[p] = weights[p * 32];
        weights += pieces * Product::packs * 32;
        Product::add(sum, x, w);
#pragma unroll
        for (int h = 0; h < 2; ++h) x[h] = next[h];
      }
    }
    const int into_channel = group * g.result_group + into + channel;
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int pixel = first + h * 8 + lane / 4;
      if (pixel >= pixels) continue;
      const std::int64_t place = std::int64_t{pixel} * g.result_width + into_channel;
      Channels<T> out;
#pragma unroll
      for (int v = 0; v < 4; ++v) {
        float value = sum[v / 2][h * 2 + v % 2];
        if (bias != nullptr) value += load(bias[into_channel + v]);
        if (residual != nullptr) value += load(residual[place + v]);
        store(out.v[v], relu && value < 0.0f ? 0.0f : value);  // NaN passes
      }
      put_pack(result + place, out);
    }
  }
}

/// Of the weights' gradient for one tap, 16 x 16 channels: the products of `step` pixels. A lane has channels
/// 2 (lane / 4) and the next of dy and of x in the pixels q, q + 4 (bfloat16: 2 q, 2 q + 1 and those plus 8),
/// and of the sum [t][k] the weights of dy's channel 2 (lane / 4) + k / 2 and of x's 4 q + 2 (k % 2) + t.
template <class T>
struct GradientProduct;

template <>
struct GradientProduct<float> {
  static constexpr int step = 8, pixels = 2;

  /// A lane's pixel of a step.
  __device__ static int pixel(int lane, int k) { return lane % 4 + 4 * k; }

  struct Gradients {
    TwoParts parts[4];
  };
  __device__ static Gradients gradients(const Pack<float, 2> (&dy)[pixels]) {
    Gradients made;
#pragma unroll
    for (int k = 0; k < 4; ++k) made.parts[k] = two_parts(dy[k / 2].v[k % 2]);
    return made;
  }
  __device__ static void add(float (&sum)[2][4], const Gradients& dy, const Pack<float, 2> (&x)[pixels]) {
#pragma unroll
    for (int t = 0; t < 2; ++t)
      add_split_products(sum[t], dy.parts, {two_parts(x[0].v[t]), two_parts(x[1].v[t])});
  }
};

template <>
struct GradientProduct<bfloat16> {
  static constexpr int step = 16, pixels = 4;

  __device__ static int pixel(int lane, int k) { return lane % 4 * 2 + k % 2 + k / 2 * 8; }

  struct Gradients {
    std::uint32_t pairs[4];
  };
  /// The same channel of two pixels.
  __device__ static std::uint32_t pair(const Pack<bfloat16, 2>& first, const Pack<bfloat16, 2>& second,
                                       int channel) {
    return TapProduct<bfloat16>::pair(first.v[channel], second.v[channel]);
  }
  __device__ static Gradients gradients(const Pack<bfloat16, 2> (&dy)[pixels]) {
    return {{pair(dy[0], dy[1], 0), pair(dy[0], dy[1], 1), pair(dy[2], dy[3], 0), pair(dy[2], dy[3], 1)}};
  }
  __device__ static void add(float (&sum)[2][4], const Gradients& dy, const Pack<bfloat16, 2> (&x)[pixels]) {
#pragma unroll
    for (int t = 0; t < 2; ++t) multiply_add(sum[t], dy.pairs, pair(x[0], x[1], t), pair(x[2], x[3], t));
  }
};

constexpr int grouped_sums = grouped_taps * 2 * 4;  // of a lane
constexpr int grouped_part = grouped_sums * 32;     // weights of a block

/// Blocks: (parts of the pixels, groups x pieces of dy x pieces of x); the warps of a block take turns.
/// parts: [part](O, C/G, tap)
template <class T>
__global__ void __launch_bounds__(grouped_threads, 2)
    grouped_product_weights_kernel(WeightGeometry g, const T* __restrict__ x, const T* __restrict__ dy,
                                   float* parts) {
  using Product = GradientProduct<T>;
  DLCORE_DYNAMIC_SHARED(shared);
  float* const sums = reinterpret_cast<float*>(shared);  // [warp][sum][lane]
  const int in_pieces = g.in_group / grouped_channels, out_pieces = g.out_group / grouped_channels;
  const int slice = static_cast<int>(blockIdx.y);
  const int group = slice / (in_pieces * out_pieces);
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const T* const x_from = x + group * g.in_group + slice % in_pieces * grouped_channels + lane / 4 * 2;
  const T* const dy_from =
      dy + group * g.out_group + slice / in_pieces % out_pieces * grouped_channels + lane / 4 * 2;
  const int pixels = static_cast<int>(g.pixels), steps = (pixels + Product::step - 1) / Product::step;
  const auto begin = static_cast<int>(std::int64_t{blockIdx.x} * steps / gridDim.x);
  const auto end = static_cast<int>(std::int64_t{blockIdx.x + 1} * steps / gridDim.x);
  float sum[grouped_taps][2][4] = {};
  for (int s = begin + warp; s < end; s += grouped_warps) {
    Pack<T, 2> gradient[Product::pixels];
    const T* picture[Product::pixels];
    int row[Product::pixels], col[Product::pixels];  // under the first tap
#pragma unroll
    for (int k = 0; k < Product::pixels; ++k) {
      const int pixel = s * Product::step + Product::pixel(lane, k);
      const int line = pixel / g.out_w;
      const bool inside = pixel < pixels;
      gradient[k] = pack_if<T, 2>(dy_from + std::int64_t{pixel} * g.out_width, inside);
      picture[k] = x_from + std::int64_t{line / g.out_h} * g.h * g.w * g.in_width;
      row[k] = line % g.out_h * static_cast<int>(g.rows.stride) - static_cast<int>(g.rows.padding);
      col[k] = pixel % g.out_w * static_cast<int>(g.cols.stride) - static_cast<int>(g.cols.padding);
      if (!inside) row[k] = -(1 << 20);
    }
    Pack<T, 2> value[grouped_taps][Product::pixels];
#pragma unroll
    for (int tap = 0; tap < grouped_taps; ++tap)
#pragma unroll
      for (int k = 0; k < Product::pixels; ++k) {
        const int i = row[k] + tap / 3 * static_cast<int>(g.rows.dilation);
        const int j = col[k] + tap % 3 * static_cast<int>(g.cols.dilation);
        value[tap][k] = pack_if<T, 2>(picture[k] + (std::int64_t{i} * g.w + j) * g.in_width,
                                      i >= 0 && i < g.h && j >= 0 && j < g.w);
      }
    const auto dys = Product::gradients(gradient);
#pragma unroll
    for (int tap = 0; tap < grouped_taps; ++tap) Product::add(sum[tap], dys, value[tap]);
  }
#pragma unroll
  for (int k = 0; k < grouped_sums; ++k)
    sums[(warp * grouped_sums + k) * 32 + lane] = sum[k / 8][k / 4 % 2][k % 4];
  __syncthreads();
  float* const mine = parts + std::int64_t{blockIdx.x} * gridDim.y * grouped_part;
  for (int i = static_cast<int>(threadIdx.x); i < grouped_part; i += grouped_threads) {
    // Weight i of the block is (o, c, tap), as in memory.
    const int tap = i % grouped_taps, c = i / grouped_taps % grouped_channels;
    const int o = i / (grouped_taps * grouped_channels);
    const int from = (tap * 8 + c % 2 * 4 + o % 2 * 2 + c % 4 / 2) * 32 + o / 2 * 4 + c / 4;
    float total = sums[from];
#pragma unroll
    for (int other = 1; other < grouped_warps; ++other) total += sums[other * grouped_part + from];
    const std::int64_t row = slice / in_pieces * grouped_channels + o;  // of all groups
    mine[(row * g.in_group + slice % in_pieces * grouped_channels + c) * grouped_taps + tap] = total;
  }
}

}  // namespace dlcore::kernels::cuda
