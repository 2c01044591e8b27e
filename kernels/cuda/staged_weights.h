// The gradient of the weights of windows of one pixel, in float32 on tensor cores: dw += dy^T x, a sum over
// pixels, 32 of which are on their way to shared memory while others are multiplied. The products are those
// of split_products.h.
#pragma once

#include "kernels/cuda/pointwise_product.h"

namespace dlcore::kernels::cuda {

constexpr int staged_channels = 64;  // of dy and of x, of a block
constexpr int staged_steps = 32;     // pixels of a stage, a half for each of two halves of the warps
constexpr int staged_weight_stages = 3;
constexpr int staged_weight_threads = 256;

/// Channels of pixels, in accesses of 16 bytes that pixels have in different orders: lanes that read the same
/// channels of four pixels, and the next ones, meet different banks.
struct StagedPixels {
  alignas(16) float v[staged_steps][staged_channels];

  __device__ static int place(int pixel, int channel) { return ((channel / 4) ^ pixel % 4 * 2) * 4; }
  __device__ Pack<float> read(int pixel, int channel) const {
    return pack_at(v[pixel] + place(pixel, channel));
  }
};
struct WeightStage {
  StagedPixels dy, x;
};

/// Blocks: (parts of the pixels, pieces of dy's channels, pieces of x's channels). parts: [part](O, C)
__global__ void __launch_bounds__(staged_weight_threads, 2)
    staged_weights_kernel(PixelColumns x, const float* __restrict__ dy, float* parts) {
  __shared__ union {
    WeightStage stages[staged_weight_stages];
    float sums[8][32][32];  // [warp][sum][lane]
  } shared;
  const WeightGeometry& g = x.g;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int first_o = static_cast<int>(blockIdx.y) * staged_channels;
  const int first_c = static_cast<int>(blockIdx.z) * staged_channels;
  const int pixels = static_cast<int>(g.pixels), steps = (pixels + staged_steps - 1) / staged_steps;
  const auto begin = static_cast<int>(std::int64_t{blockIdx.x} * steps / gridDim.x);
  const auto end = static_cast<int>(std::int64_t{blockIdx.x + 1} * steps / gridDim.x);

  const auto copy = [&](int step, int slot) {  // eight threads a pixel
    WeightStage& stage = shared.stages[slot];
    const int row = thread / 8, pixel = step * staged_steps + row;
    const bool inside = pixel < pixels;
    const float* const from_dy = dy + std::int64_t{pixel} * g.out_width;
    const float* const from_x = x.x + (inside ? g.under(pixel) : 0) * g.in_width;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int channel = (thread % 8 + half * 8) * 4, place = StagedPixels::place(row, channel);
      const bool in_dy = inside && first_o + channel < g.out_width;
      const bool in_x = inside && first_c + channel < g.in_width;
      copy_async(stage.dy.v[row] + place, in_dy ? from_dy + first_o + channel : dy, in_dy);
      copy_async(stage.x.v[row] + place, in_x ? from_x + first_c + channel : x.x, in_x);
    }
  };
#pragma unroll
  for (int ahead = 0; ahead < staged_weight_stages - 1; ++ahead) {
    if (begin + ahead < end) copy(begin + ahead, ahead);
    commit_copies();
  }
  // A warp has a quarter of the block's weights, 32 x 32, and a half of a stage's pixels.
  const int o = warp % 2 * 32 + lane / 4 * 4, c = warp / 2 % 2 * 32 + lane / 4 * 4, from = warp / 4 * 16;
  float sum[2][4][4] = {};
  int slot = 0, free = staged_weight_stages - 1;
  const auto next_of = [](int place) { return place + 1 < staged_weight_stages ? place + 1 : 0; };
  for (int step = begin; step < end; ++step, slot = next_of(slot), free = next_of(free)) {
    await_copies<staged_weight_stages - 2>();
    __syncthreads();
    if (step + staged_weight_stages - 1 < end) copy(step + staged_weight_stages - 1, free);
    commit_copies();
    const WeightStage& stage = shared.stages[slot];
    // Of eight pixels a lane has lane % 4 and lane % 4 + 4; rows lane / 4 and lane / 4 + 8 of tile m are the
    // channels 2 m and 2 m + 1 of the lane's four.
    Pack<float> dys[2][2], xs[2][2];  // [eight pixels]
#pragma unroll
    for (int s = 0; s < 2; ++s)
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        const int pixel = from + s * 8 + k * 4 + lane % 4;
        dys[s][k] = stage.dy.read(pixel, o);
        xs[s][k] = stage.x.read(pixel, c);
      }
    TwoParts of_x[4][2][2];
#pragma unroll
    for (int t = 0; t < 4; ++t)
#pragma unroll
      for (int s = 0; s < 2; ++s)
#pragma unroll
        for (int k = 0; k < 2; ++k) of_x[t][s][k] = two_parts(xs[s][k].v[t]);
#pragma unroll
    for (int m = 0; m < 2; ++m) {
      TwoParts of_dy[2][4];
#pragma unroll
      for (int s = 0; s < 2; ++s)
#pragma unroll
        for (int k = 0; k < 4; ++k) of_dy[s][k] = two_parts(dys[s][k / 2].v[2 * m + k % 2]);
#pragma unroll
      for (int t = 0; t < 4; ++t) add_split_products(sum[m][t], of_dy, of_x[t]);
    }
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < 32; ++k) shared.sums[warp][k][lane] = sum[k / 16][k / 4 % 4][k % 4];
  __syncthreads();
  float* const mine = parts + std::int64_t{blockIdx.x} * g.out_width * g.in_width;
  for (int i = thread; i < staged_channels * staged_channels; i += staged_weight_threads) {
    const int down = i / staged_channels, across = i % staged_channels;
    const int row = first_o + down, column = first_c + across;
    if (row >= g.out_width || column >= g.in_width) continue;
    const SumPlace place(down % 32, across % 32);
    const int quarter = down / 32 + across / 32 * 2;
    mine[std::int64_t{row} * g.in_width + column] =
        shared.sums[quarter][place.sum][place.lane] + shared.sums[quarter + 4][place.sum][place.lane];
  }
}

}  // namespace dlcore::kernels::cuda
