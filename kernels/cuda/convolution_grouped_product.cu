#include "kernels/cuda/convolution_routes.h"
#include "kernels/cuda/grouped_product.h"
#include "kernels/cuda/weight_parts.h"

namespace dlcore::kernels::cuda {
namespace {

constexpr std::int64_t shared_bytes = 40 << 10;  // of 48 KiB that every GPU has
constexpr std::int64_t large_gpu = 132;          // processors

bool suits(DType type, const WindowAxis& rows, const WindowAxis& cols, std::int64_t in, std::int64_t out,
           std::int64_t pixels) {
  return (type == DType::float32 || type == DType::bfloat16) && rows.kernel == 3 && cols.kernel == 3 &&
         has_powers_of_two({rows, cols}) && in % grouped_channels == 0 && out % grouped_channels == 0 &&
         pixels < std::int64_t{1} << 30;
}

std::int64_t divided(std::int64_t number, std::int64_t by) {
  return (number + by - 1) / by;
}

template <class T>
bool run(const Stream& stream, const ConvolutionGeometry& g, std::int64_t groups, const Tensor& source,
         const Tensor& weight, const ConvolutionEpilogue& epilogue, const Tensor& result) {
  const std::int64_t table = std::int64_t{grouped_taps} * (g.source_group / grouped_channels) *
                             TapProduct<T>::packs * 32 * static_cast<std::int64_t>(sizeof(WeightPack));
  const std::int64_t pictures = g.pixels / (std::int64_t{g.result_h} * g.result_w);
  const std::int64_t elements = pictures * g.source_h * g.source_w * g.source_width;  // which ints count
  if (table > shared_bytes || elements >= std::int64_t{1} << 31) return false;
  const std::int64_t slices = groups * (g.result_group / grouped_channels);
  // A block arranges its weights once, and has the same number of rounds as the others.
  const std::int64_t rounds_of_one = divided(g.pixels, grouped_warps * 16);
  const std::int64_t rounds = divided(rounds_of_one, divided(grouped_blocks * large_gpu, slices));
  const dim3 grid(static_cast<unsigned>(divided(rounds_of_one, rounds)), static_cast<unsigned>(slices));
  const auto optional = [](const Tensor& tensor) { return tensor.defined() ? tensor.data<T>() : nullptr; };
  grouped_product_kernel<T><<<grid, grouped_threads, static_cast<std::size_t>(table), native(stream)>>>(
      g, source.data<T>(), weight.data<T>(), optional(epilogue.bias), optional(epilogue.residual),
      epilogue.relu, result.data<T>());
  check_launch();
  return true;
}

template <class T>
void run_weights(const Stream& stream, const WeightGeometry& g, std::int64_t groups, const Tensor& x,
                 const Tensor& dy, const Tensor& dw) {
  const std::int64_t slices = groups * (g.in_group / grouped_channels) * (g.out_group / grouped_channels);
  // Two blocks for each processor, each warp with some steps.
  const std::int64_t most = divided(g.pixels, 2 * grouped_warps * GradientProduct<T>::step);
  const std::int64_t wished = divided(2 * large_gpu, slices);
  const std::int64_t count = wished < most ? wished : most;
  auto* const parts =
      static_cast<float*>(stream.workspace(static_cast<std::size_t>(count * dw.numel()) * sizeof(float)));
  grouped_product_weights_kernel<T>
      <<<dim3(static_cast<unsigned>(count), static_cast<unsigned>(slices)), grouped_threads,
         static_cast<std::size_t>(grouped_warps * grouped_part) * sizeof(float), native(stream)>>>(
          g, x.data<T>(), dy.data<T>(), parts);
  check_launch();
  add_weight_parts(stream, parts, count, dw.numel(), dw.data<T>());
}

}  // namespace

bool grouped_product(const Stream& stream, const ConvolutionGeometry& g, std::int64_t groups,
                     const Tensor& source, const Tensor& weight, const ConvolutionEpilogue& epilogue,
                     const Tensor& result) {
  if (!suits(source.dtype(), g.rows, g.cols, g.source_group, g.result_group, g.pixels)) return false;
  if (source.dtype() == DType::bfloat16)
    return run<bfloat16>(stream, g, groups, source, weight, epilogue, result);
  return run<float>(stream, g, groups, source, weight, epilogue, result);
}

bool grouped_product_weights(const Stream& stream, const WeightGeometry& g, std::int64_t groups,
                             const Tensor& x, const Tensor& dy, const Tensor& dw) {
  if (!suits(x.dtype(), g.rows, g.cols, g.in_group, g.out_group, g.pixels)) return false;
  if (x.dtype() == DType::bfloat16)
    run_weights<bfloat16>(stream, g, groups, x, dy, dw);
  else
    run_weights<float>(stream, g, groups, x, dy, dw);
  return true;
}

}  // namespace dlcore::kernels::cuda
