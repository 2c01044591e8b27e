// Convolution in groups of a few channels, as in RegNet's 3x3 windows. cuDNN computes float32 without TF32
// group by group, hundreds of launches for one layer (measured on an H200: regnet_train took 26 ms, 8 ms in
// bfloat16); here one launch has all groups. Those of 16 channels are for tensor cores (grouped_product.h).
// For others the weights of a group lie in shared memory, and a thread computes four channels, so that every
// load is of four numbers and feeds sixteen products.
#include "kernels/convolution_vendor.h"
#include "kernels/cuda/convolution_routes.h"
#include "kernels/cuda/instructions.h"
#include "kernels/cuda/launch_cuda.h"

namespace dlcore::kernels {
namespace {

using cuda::ConvolutionGeometry;
using cuda::WeightGeometry;

constexpr int block_threads = 128;
constexpr std::int64_t shared_bytes = 40 << 10;  // of 48 KiB that every GPU has

/// Four neighbouring channels of one pixel, in one load (two of float64).
template <class T>
struct alignas(sizeof(T) == 2 ? 8 : 16) Four {
  T v[4];
};

/// Blocks: (pixels, groups). A thread: `P` pixels, four of the result's channels.
template <class T, int P>
__global__ void __launch_bounds__(block_threads)
    grouped_kernel(ConvolutionGeometry g, const T* __restrict__ source, const T* __restrict__ weight,
                   const T* bias, const T* residual, bool relu, T* result) {
  using A = Arithmetic<T>;
  DLCORE_DYNAMIC_SHARED(shared);
  A* const table = reinterpret_cast<A*>(shared);  // [tap][source channel][result channel]
  const int taps = static_cast<int>(g.rows.kernel * g.cols.kernel);
  const int group = static_cast<int>(blockIdx.y);
  const int of_group = taps * g.source_group * g.result_group;
  // The weights' own order: (O, C/G, tap)
  for (int i = static_cast<int>(threadIdx.x); i < of_group; i += block_threads) {
    const int tap = i % taps;
    const int outer = i / taps / (g.backward ? g.result_group : g.source_group);
    const int inner = i / taps % (g.backward ? g.result_group : g.source_group);
    const int from = g.backward ? outer : inner;
    const int into = g.backward ? inner : outer;
    table[(tap * g.source_group + from) * g.result_group + into] =
        cuda::load(weight[std::int64_t{group} * of_group + i]);
  }
  __syncthreads();

  const int fours = g.result_group / 4;
  const int slots = block_threads / fours;  // pixels side by side
  const int slot = static_cast<int>(threadIdx.x) / fours;
  if (slot >= slots) return;
  const int channel = static_cast<int>(threadIdx.x) % fours * 4;
  A sum[P][4] = {};
  const T* picture[P];
  int row[P], col[P];
  std::int64_t pixel[P];
#pragma unroll
  for (int p = 0; p < P; ++p) {
    pixel[p] = (std::int64_t{blockIdx.x} * P + p) * slots + slot;
    const std::int64_t line = pixel[p] / g.result_w;
    col[p] = static_cast<int>(pixel[p] % g.result_w);
    row[p] = static_cast<int>(line % g.result_h);
    picture[p] = source + line / g.result_h * g.source_h * g.source_w * g.source_width +
                 std::int64_t{group} * g.source_group;
  }
  for (int a = 0; a < g.rows.kernel; ++a)
    for (int b = 0; b < g.cols.kernel; ++b) {
      const T* from[P];
      bool inside[P];
#pragma unroll
      for (int p = 0; p < P; ++p) {
        const int i = g.meeting(g.rows, row[p], a, g.source_h);
        const int j = g.meeting(g.cols, col[p], b, g.source_w);
        inside[p] = pixel[p] < g.pixels && i >= 0 && j >= 0;
        from[p] = picture[p] + (std::int64_t{i} * g.source_w + j) * g.source_width;
      }
      const A* factors =
          table + (a * static_cast<int>(g.cols.kernel) + b) * g.source_group * g.result_group + channel;
#pragma unroll 2
      for (int c = 0; c < g.source_group; c += 4) {
        Four<A> w[4];
#pragma unroll
        for (int u = 0; u < 4; ++u)
          w[u] = *reinterpret_cast<const Four<A>*>(factors + (c + u) * g.result_group);
#pragma unroll
        for (int p = 0; p < P; ++p) {
          Four<T> x{};
          if (inside[p]) x = *reinterpret_cast<const Four<T>*>(from[p] + c);
#pragma unroll
          for (int u = 0; u < 4; ++u)
#pragma unroll
            for (int v = 0; v < 4; ++v) sum[p][v] += cuda::load(x.v[u]) * w[u].v[v];
        }
      }
    }
#pragma unroll
  for (int p = 0; p < P; ++p) {
    if (pixel[p] >= g.pixels) continue;
    const int first = group * g.result_group + channel;
    const std::int64_t place = pixel[p] * g.result_width + first;
    Four<T> out;
#pragma unroll
    for (int v = 0; v < 4; ++v) {
      A value = sum[p][v];
      if (bias != nullptr) value += cuda::load(bias[first + v]);
      if (residual != nullptr) value += cuda::load(residual[place + v]);
      cuda::store(out.v[v], relu && value < A(0) ? A(0) : value);  // NaN passes
    }
    *reinterpret_cast<Four<T>*>(result + place) = out;
  }
}

/// Blocks: (parts of the pixels, groups); threads: (tiles, lanes). A tile is four by four weights of one tap;
/// lanes share the pixels of a part. parts: [part][group][place in tile][tile]
template <class T>
__global__ void grouped_weights_kernel(WeightGeometry g, const T* __restrict__ x, const T* __restrict__ dy,
                                       Arithmetic<T>* parts) {
  using A = Arithmetic<T>;
  DLCORE_DYNAMIC_SHARED(shared);
  A* const others = reinterpret_cast<A*>(shared);  // [lane - 1][place in tile][tile]
  const int tiles = static_cast<int>(blockDim.x);
  const int tile = static_cast<int>(threadIdx.x);
  const int lane = static_cast<int>(threadIdx.y);
  const int lanes = static_cast<int>(blockDim.y);
  const int group = static_cast<int>(blockIdx.y);
  const int in_fours = g.in_group / 4;
  const int out_fours = g.out_group / 4;
  const int c = tile % in_fours * 4;
  const int o = tile / in_fours % out_fours * 4;
  const int tap = tile / (in_fours * out_fours);
  const int down = static_cast<int>(tap / g.cols.kernel * g.rows.dilation - g.rows.padding);
  const int across = static_cast<int>(tap % g.cols.kernel * g.cols.dilation - g.cols.padding);
  const std::int64_t begin = blockIdx.x * g.pixels / gridDim.x;
  const std::int64_t end = (blockIdx.x + 1) * g.pixels / gridDim.x;
  std::int64_t pixel = begin + lane;
  int j = static_cast<int>(pixel % g.out_w);
  int i = static_cast<int>(pixel / g.out_w % g.out_h);
  std::int64_t n = pixel / g.out_w / g.out_h;
  A sum[4][4] = {};
#pragma unroll 4
  for (; pixel < end; pixel += lanes) {
    const int row = i * static_cast<int>(g.rows.stride) + down;
    const int col = j * static_cast<int>(g.cols.stride) + across;
    if (row >= 0 && row < g.h && col >= 0 && col < g.w) {
      const auto value = *reinterpret_cast<const Four<T>*>(x + ((n * g.h + row) * g.w + col) * g.in_width +
                                                           std::int64_t{group} * g.in_group + c);
      const auto gradient =
          *reinterpret_cast<const Four<T>*>(dy + pixel * g.out_width + std::int64_t{group} * g.out_group + o);
#pragma unroll
      for (int u = 0; u < 4; ++u)
#pragma unroll
        for (int v = 0; v < 4; ++v) sum[u][v] += cuda::load(gradient.v[u]) * cuda::load(value.v[v]);
    }
    for (j += lanes; j >= g.out_w; j -= g.out_w)
      if (++i == g.out_h) {
        i = 0;
        ++n;
      }
  }
  if (lane > 0) {
#pragma unroll
    for (int k = 0; k < 16; ++k) others[((lane - 1) * 16 + k) * tiles + tile] = sum[k / 4][k % 4];
  }
  __syncthreads();
  if (lane > 0) return;
  A* const mine = parts + (std::int64_t{blockIdx.x} * gridDim.y + group) * g.of_group();
#pragma unroll
  for (int k = 0; k < 16; ++k) {
    A total = sum[k / 4][k % 4];
    for (int other = 0; other < lanes - 1; ++other) total += others[(other * 16 + k) * tiles + tile];
    mine[k * tiles + tile] = total;
  }
}

/// dw += the parts, in their order.
template <class T>
__global__ void add_weight_parts_kernel(WeightGeometry g, const Arithmetic<T>* parts, int count,
                                        std::int64_t weights, T* dw) {
  using A = Arithmetic<T>;
  const std::int64_t at = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (at >= weights) return;
  A total = 0;
#pragma unroll 4
  for (int part = 0; part < count; ++part) total += parts[part * weights + at];
  const int tiles = g.of_group() / 16;
  const std::int64_t group = at / g.of_group();
  const int k = static_cast<int>(at % g.of_group()) / tiles;
  const int tile = static_cast<int>(at % g.of_group()) % tiles;
  const int in_fours = g.in_group / 4;
  const int out_fours = g.out_group / 4;
  const int c = tile % in_fours * 4 + k % 4;
  const std::int64_t o = group * g.out_group + tile / in_fours % out_fours * 4 + k / 4;
  T& place = dw[(o * g.in_group + c) * g.taps() + tile / (in_fours * out_fours)];
  cuda::store(place, cuda::load(place) + total);
}

std::int64_t places(const ConvolutionExtents& e) {
  return e.window.vertical.kernel * e.window.horizontal.kernel;
}

/// Groups that are many and narrow, in pictures that loads of four channels can walk.
bool suits(const ConvolutionExtents& e, const Tensor& x, const Tensor& y) {
  const std::int64_t in = e.c / e.groups, out = e.out / e.groups;
  const std::int64_t bytes = in * out * places(e) * (x.dtype() == DType::float64 ? 8 : 4);
  const std::int64_t alignment = x.dtype() == DType::bfloat16 ? 8 : 16;
  const auto at = reinterpret_cast<std::uintptr_t>(x.raw()) | reinterpret_cast<std::uintptr_t>(y.raw());
  constexpr std::int64_t most = 1 << 15;  // of rows and columns, so that places are ints
  return e.groups > 1 && e.groups < 65536 && in % 4 == 0 && out % 4 == 0 && bytes <= shared_bytes &&
         at % static_cast<std::uintptr_t>(alignment) == 0 && e.h < most && e.w < most && e.out_h() < most &&
         e.out_w() < most && e.c < (1 << 24) && e.out < (1 << 24);
}

template <class T, int P>
void run(const Stream& stream, const ConvolutionGeometry& g, std::int64_t groups, const Tensor& source,
         const Tensor& weight, const ConvolutionEpilogue& epilogue, const Tensor& result) {
  const std::int64_t per_block = std::int64_t{P} * (block_threads / (g.result_group / 4));
  const dim3 grid(static_cast<unsigned>((g.pixels + per_block - 1) / per_block),
                  static_cast<unsigned>(groups));
  const std::size_t bytes = sizeof(Arithmetic<T>) * static_cast<std::size_t>(weight.numel() / groups);
  const auto optional = [](const Tensor& tensor) { return tensor.defined() ? tensor.data<T>() : nullptr; };
  grouped_kernel<T, P><<<grid, block_threads, bytes, cuda::native(stream)>>>(
      g, source.data<T>(), weight.data<T>(), optional(epilogue.bias), optional(epilogue.residual),
      epilogue.relu, result.data<T>());
  cuda::check_launch();
}

template <class T>
void run(const Stream& stream, const ConvolutionExtents& e, bool backward, const Tensor& source,
         const Tensor& weight, const ConvolutionEpilogue& epilogue, const Tensor& result) {
  const ConvolutionGeometry g = cuda::geometry_of(e, backward);
  if (cuda::grouped_product(stream, g, e.groups, source, weight, epilogue, result)) return;
  // More pixels of a thread use a weight more often; but first the GPU wants blocks for all its processors.
  if (g.pixels * e.groups * (g.result_group / 4) >= std::int64_t{1} << 19)
    run<T, 4>(stream, g, e.groups, source, weight, epilogue, result);
  else
    run<T, 1>(stream, g, e.groups, source, weight, epilogue, result);
}

template <class F>
void by_type(DType type, F f) {
  if (type == DType::float64) return f(double{});
  if (type == DType::bfloat16) return f(bfloat16{});
  f(float{});
}

template <class T>
void run_weights(const Stream& stream, const ConvolutionExtents& e, const Tensor& x, const Tensor& dy,
                 const Tensor& dw) {
  using A = Arithmetic<T>;
  const WeightGeometry g = cuda::weight_geometry_of(e);
  if (cuda::grouped_product_weights(stream, g, e.groups, x, dy, dw)) return;
  const std::int64_t tiles = dw.numel() / e.groups / 16;
  const auto scratch_of_lane = tiles * 16 * static_cast<std::int64_t>(sizeof(A));
  std::int64_t lanes = 1;
  while (lanes < 8 && 2 * lanes * tiles <= 640 && (2 * lanes - 1) * scratch_of_lane <= shared_bytes)
    lanes *= 2;
  // About four blocks for each of a large GPU's processors, each of a few dozen pixels at least.
  const std::int64_t wished = (528 + e.groups - 1) / e.groups, most = (g.pixels + 31) / 32;
  const std::int64_t count = wished < most ? wished : most;
  auto* const parts =
      static_cast<A*>(stream.workspace(static_cast<std::size_t>(count * dw.numel()) * sizeof(A)));
  grouped_weights_kernel<T>
      <<<dim3(static_cast<unsigned>(count), static_cast<unsigned>(e.groups)),
         dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(lanes)),
         static_cast<std::size_t>((lanes - 1) * scratch_of_lane), cuda::native(stream)>>>(
          g, x.data<T>(), dy.data<T>(), parts);
  cuda::check_launch();
  add_weight_parts_kernel<T>
      <<<cuda::grid_for(dw.numel(), block_threads), block_threads, 0, cuda::native(stream)>>>(
          g, parts, static_cast<int>(count), dw.numel(), dw.data<T>());
  cuda::check_launch();
}

}  // namespace

bool convolution_grouped_forward(const Stream& stream, const ConvolutionExtents& e, const Tensor& x,
                                 const Tensor& w, const Tensor& y, const ConvolutionEpilogue& epilogue) {
  if (!suits(e, x, y)) return false;
  by_type(x.dtype(), [&](auto zero) { run<decltype(zero)>(stream, e, false, x, w, epilogue, y); });
  return true;
}

bool convolution_grouped_backward_data(const Stream& stream, const ConvolutionExtents& e, const Tensor& dy,
                                       const Tensor& w, const Tensor& dx) {
  if (!suits(e, dx, dy)) return false;
  by_type(dx.dtype(), [&](auto zero) { run<decltype(zero)>(stream, e, true, dy, w, {}, dx); });
  return true;
}

bool convolution_grouped_backward_weights(const Stream& stream, const ConvolutionExtents& e, const Tensor& x,
                                          const Tensor& dy, const Tensor& dw) {
  // A tile is a thread.
  if (!suits(e, x, dy) || dw.numel() / e.groups / 16 > 1024) return false;
  by_type(x.dtype(), [&](auto zero) { run_weights<decltype(zero)>(stream, e, x, dy, dw); });
  return true;
}

}  // namespace dlcore::kernels
