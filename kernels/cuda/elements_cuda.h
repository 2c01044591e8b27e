// The CUDA half of elements.h.
#pragma once

#include "kernels/cuda/launch_cuda.h"
#include "kernels/elements.h"

namespace dlcore::kernels::cuda {

/// Threads across columns, W of them each, and down rows. Columns that are left over go one by one to the
/// first threads.
template <int W, class F, class... Operands>
__global__ void for_each_element_kernel(std::int64_t rows, std::int64_t cols, F f, Operands... operands) {
  const std::int64_t packs = cols / W, rest = cols - packs * W;
  const std::int64_t k = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (std::int64_t r = std::int64_t{blockIdx.y} * blockDim.y + threadIdx.y; r < rows;
       r += std::int64_t{gridDim.y} * blockDim.y) {
    if (k < packs) visit_elements<W>(f, k * W, operands.row(r)...);
    if (W > 1 && k < rest) visit_elements<1>(f, packs * W + k, operands.row(r)...);
  }
}

template <int W, class F, class... Operands>
void launch_elements(const Stream& stream, std::int64_t rows, std::int64_t cols, F f, Operands... operands) {
  constexpr unsigned threads = 128;  // small, so that few packs still reach all processors
  const std::int64_t across = (cols + W - 1) / W;
  unsigned width = 32;
  while (width < threads && width < across) width *= 2;
  const unsigned height = threads / width;
  const std::int64_t down = (rows + height - 1) / height;
  const dim3 grid(static_cast<unsigned>((across + width - 1) / width),
                  static_cast<unsigned>(down < 65535 ? down : 65535));
  for_each_element_kernel<W><<<grid, dim3(width, height), 0, native(stream)>>>(rows, cols, f, operands...);
  check_launch();
}

template <class F, class... Operands>
void for_each_element(const Stream& stream, std::int64_t rows, std::int64_t cols, F f, Operands... operands) {
  if (rows <= 0 || cols <= 0) return;
  // As many elements as are 16 bytes of the smallest ones.
  constexpr int W = 16 / std::min({Operands::bytes...});
  if (cols >= W && (operands.in_packs(rows) && ...))
    launch_elements<W>(stream, rows, cols, f, operands...);
  else
    launch_elements<1>(stream, rows, cols, f, operands...);
}

}  // namespace dlcore::kernels::cuda
