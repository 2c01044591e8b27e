#include "kernels/convolution_vendor.h"
#include "kernels/cuda/convolution_routes.h"
#include "kernels/cuda/launch_cuda.h"
#include "kernels/cuda/staged_product.h"
#include "kernels/cuda/staged_weights.h"
#include "kernels/cuda/weight_parts.h"
#include "kernels/cuda/window_product.h"

namespace dlcore::kernels {
namespace {

using cuda::pointwise_columns;
using cuda::pointwise_threads;
using cuda::pointwise_warps;

constexpr std::int64_t large_gpu = 132;  // processors

/// In float32, not in groups, of sizes that ints count, with accesses of four of the result's channels.
bool suits(const ConvolutionExtents& e, const Tensor& x, const Tensor& y, const Tensor& residual) {
  const auto at = [](const Tensor& tensor) {
    return tensor.defined() ? reinterpret_cast<std::uintptr_t>(tensor.raw()) : 0;
  };
  constexpr std::int64_t most = 1 << 30;
  return x.dtype() == DType::float32 && e.groups == 1 && e.out % 4 == 0 && e.c < (1 << 20) &&
         e.out < (1 << 20) && e.n * e.h * e.w < most && e.n * e.out_h() * e.out_w() < most &&
         (at(y) | at(residual)) % 16 == 0;
}

/// Windows of one pixel, as close or further apart, with channels that accesses of four can walk.
bool is_pointwise(const ConvolutionExtents& e, const Tensor& x, const Tensor& w) {
  const auto is_one = [](const WindowAxis& axis) { return axis.kernel == 1 && axis.padding == 0; };
  const auto at = reinterpret_cast<std::uintptr_t>(x.raw()) |
                  (w.defined() ? reinterpret_cast<std::uintptr_t>(w.raw()) : 0);
  return is_one(e.window.vertical) && is_one(e.window.horizontal) && cuda::has_powers_of_two(e.window) &&
         e.c % 4 == 0 && at % 16 == 0;
}

/// Windows with few numbers, in pictures that ints walk.
bool has_small_windows(const ConvolutionExtents& e) {
  constexpr std::int64_t most = 1 << 15;
  return e.c * e.window.vertical.kernel * e.window.horizontal.kernel <= cuda::window_most_columns &&
         e.h < most && e.w < most && e.out_h() < most && e.out_w() < most;
}

std::int64_t divided(std::int64_t number, std::int64_t by) {
  return (number + by - 1) / by;
}

template <bool Backward, bool SharedDepth, int Ahead>
void launch(const Stream& stream, const cuda::ConvolutionGeometry& g, const Tensor& source,
            const Tensor& weight, const cuda::PointwiseResult& result) {
  const dim3 grid(static_cast<unsigned>(divided(g.pixels, 16 * (SharedDepth ? 1 : pointwise_warps))),
                  static_cast<unsigned>(divided(result.columns, pointwise_columns)));
  cuda::pointwise_product_kernel<Backward, SharedDepth, Ahead>
      <<<grid, pointwise_threads, 0, cuda::native(stream)>>>(g, source.data<float>(), weight.data<float>(),
                                                             result);
  cuda::check_launch();
}

template <int Columns, bool Backward>
void launch_staged(const Stream& stream, const cuda::ConvolutionGeometry& g, const Tensor& source,
                   const Tensor& weight, const cuda::PointwiseResult& result) {
  const dim3 grid(static_cast<unsigned>(divided(g.pixels, cuda::staged_pixels)),
                  static_cast<unsigned>(divided(result.columns, Columns)));
  cuda::staged_product_kernel<Columns, Backward><<<grid, cuda::staged_threads, 0, cuda::native(stream)>>>(
      g, source.data<float>(), weight.data<float>(), result);
  cuda::check_launch();
}

cuda::PointwiseResult result_of(const ConvolutionEpilogue& epilogue, const Tensor& result,
                                std::int64_t columns) {
  const auto optional = [](const Tensor& tensor) {
    return tensor.defined() ? tensor.data<float>() : nullptr;
  };
  return {optional(epilogue.bias), optional(epilogue.residual), epilogue.relu, result.data<float>(),
          static_cast<int>(columns)};
}

template <int Pieces, bool Backward, class Columns>
void launch_windows(const Stream& stream, const Columns& columns, const Tensor& weight,
                    const cuda::PointwiseResult& result) {
  const std::int64_t across = divided(result.columns, pointwise_columns);
  // A block arranges its weights once, and has as many rounds as the others.
  const std::int64_t rounds_of_one = divided(columns.g.pixels, pointwise_warps * 16);
  const std::int64_t rounds = divided(rounds_of_one, divided(cuda::window_blocks * large_gpu, across));
  const dim3 grid(static_cast<unsigned>(divided(rounds_of_one, rounds)), static_cast<unsigned>(across));
  cuda::window_product_kernel<Pieces, Backward>
      <<<grid, pointwise_threads, 0, cuda::native(stream)>>>(columns, weight.data<float>(), result);
  cuda::check_launch();
}

/// Windows of `numbers` each.
template <bool Backward, class Columns>
void run_windows(const Stream& stream, const Columns& columns, std::int64_t numbers, const Tensor& weight,
                 const cuda::PointwiseResult& result) {
  switch (divided(numbers, cuda::pointwise_depth)) {
    case 1:
      return launch_windows<1, Backward>(stream, columns, weight, result);
    case 2:
      return launch_windows<2, Backward>(stream, columns, weight, result);
    default:
      return launch_windows<cuda::window_pieces, Backward>(stream, columns, weight, result);
  }
}

template <bool Backward>
void run(const Stream& stream, const ConvolutionExtents& e, const Tensor& source, const Tensor& weight,
         const ConvolutionEpilogue& epilogue, const Tensor& result) {
  const cuda::ConvolutionGeometry g = cuda::geometry_of(e, Backward);
  const cuda::PointwiseResult into = result_of(epilogue, result, g.result_width);
  const std::int64_t warps = divided(g.pixels, 16) * divided(g.result_width, pointwise_columns);
  if (warps >= 16 * large_gpu && g.source_width <= cuda::window_most_columns) {
    run_windows<Backward>(stream, cuda::SourcePixels{g, source.data<float>()}, g.source_width, weight, into);
    return;
  }
  // Blocks of the width that covers the columns with fewer idle ones, where most processors get one.
  const std::int64_t of_64 = divided(g.result_width, 64), of_80 = divided(g.result_width, 80);
  const bool wide = of_80 * 80 < of_64 * 64;
  const std::int64_t blocks = divided(g.pixels, cuda::staged_pixels) * (wide ? of_80 : of_64);
  if (g.source_width > cuda::window_most_columns && 4 * blocks >= 3 * large_gpu) {
    if (wide)
      launch_staged<80, Backward>(stream, g, source, weight, into);
    else
      launch_staged<64, Backward>(stream, g, source, weight, into);
    return;
  }
  // First the GPU wants warps for all its processors; those that share their depth add in another order.
  if (warps < 4 * large_gpu && !stream.separates_rows()) {
    if (warps <= 2 * large_gpu)
      launch<Backward, true, 3>(stream, g, source, weight, into);
    else
      launch<Backward, true, 1>(stream, g, source, weight, into);
  } else {
    launch<Backward, false, 3>(stream, g, source, weight, into);
  }
}

/// dw += the gradient, which launch(grid, parts) sums up in grid.x parts of the pixels, each of at least
/// `fewest`.
template <class Launch>
void add_weights(const Stream& stream, dim3 grid, std::int64_t pixels, std::int64_t fewest, const Tensor& dw,
                 const Launch& launch) {
  // Two blocks for each processor.
  const std::int64_t most = divided(pixels, fewest);
  const std::int64_t wished = divided(2 * large_gpu, std::int64_t{grid.y} * grid.z);
  const std::int64_t count = wished < most ? wished : most;
  auto* const parts =
      static_cast<float*>(stream.workspace(static_cast<std::size_t>(count * dw.numel()) * sizeof(float)));
  grid.x = static_cast<unsigned>(count);
  launch(grid, parts);
  cuda::check_launch();
  cuda::add_weight_parts(stream, parts, count, dw.numel(), dw.data<float>());
}

template <class Columns>
void run_weights(const Stream& stream, const Columns& x, std::int64_t columns, const Tensor& dy,
                 const Tensor& dw) {
  const dim3 grid(1, static_cast<unsigned>(divided(x.g.out_width, pointwise_columns)),
                  static_cast<unsigned>(divided(columns, pointwise_columns)));
  // Each warp has some steps of eight pixels.
  add_weights(stream, grid, x.g.pixels, 4 * pointwise_warps * 8, dw, [&](dim3 blocks, float* parts) {
    cuda::product_weights_kernel<<<blocks, pointwise_threads, 0, cuda::native(stream)>>>(x, dy.data<float>(),
                                                                                         parts);
  });
}

void run_staged_weights(const Stream& stream, const cuda::PixelColumns& x, const Tensor& dy,
                        const Tensor& dw) {
  const dim3 grid(1, static_cast<unsigned>(divided(x.g.out_width, cuda::staged_channels)),
                  static_cast<unsigned>(divided(x.g.in_width, cuda::staged_channels)));
  add_weights(stream, grid, x.g.pixels, 2 * cuda::staged_steps, dw, [&](dim3 blocks, float* parts) {
    cuda::staged_weights_kernel<<<blocks, cuda::staged_weight_threads, 0, cuda::native(stream)>>>(
        x, dy.data<float>(), parts);
  });
}

}  // namespace

bool convolution_split_forward(const Stream& stream, const ConvolutionExtents& e, const Tensor& x,
                               const Tensor& w, const Tensor& y, const ConvolutionEpilogue& epilogue) {
  if (!suits(e, x, y, epilogue.residual)) return false;
  if (is_pointwise(e, x, w)) {
    run<false>(stream, e, x, w, epilogue, y);
    return true;
  }
  if (!has_small_windows(e)) return false;
  run_windows<false>(stream, cuda::WindowColumns{cuda::weight_geometry_of(e), x.data<float>()},
                     w.numel() / e.out, w, result_of(epilogue, y, e.out));
  return true;
}

bool convolution_split_backward_data(const Stream& stream, const ConvolutionExtents& e, const Tensor& dy,
                                     const Tensor& w, const Tensor& dx) {
  if (!suits(e, dx, dy, Tensor()) || !is_pointwise(e, dx, w)) return false;
  run<true>(stream, e, dy, w, {}, dx);
  return true;
}

bool convolution_split_backward_weights(const Stream& stream, const ConvolutionExtents& e, const Tensor& x,
                                        const Tensor& dy, const Tensor& dw) {
  if (!suits(e, x, dy, Tensor())) return false;
  const cuda::WeightGeometry g = cuda::weight_geometry_of(e);
  if (is_pointwise(e, x, Tensor())) {
    const cuda::PixelColumns pixels{g, x.data<float>()};
    if (e.c > pointwise_columns && e.out > pointwise_columns)
      run_staged_weights(stream, pixels, dy, dw);
    else
      run_weights(stream, pixels, e.c, dy, dw);
  } else if (has_small_windows(e)) {
    run_weights(stream, cuda::WindowColumns{g, x.data<float>()}, dw.numel() / e.out, dy, dw);
  } else {
    return false;
  }
  return true;
}

}  // namespace dlcore::kernels
