// The CUDA half of elements.h.
#pragma once

#include "kernels/cuda/launch_cuda.h"
#include "kernels/elements.h"

namespace dlcore::kernels::cuda {

/// An operand in W columns from c on. What is the same in all rows is read once.
template <int W, class Operand, bool Same = Operand::same_rows>
struct Columns {
  Operand operand;

  __device__ Columns(const Operand& of, std::int64_t) : operand(of) {}
  __device__ auto row(std::int64_t r) const { return operand.row(r); }
};

template <int W, class Value>
struct KeptRow {
  using value = Value;

  Value kept[W];

  __device__ void get(std::int64_t, Value (&values)[W]) const {
#pragma unroll
    for (int k = 0; k < W; ++k) values[k] = kept[k];
  }
  __device__ void put(std::int64_t, const Value (&)[W]) const {}
};

template <int W, class Operand>
struct Columns<W, Operand, true> {
  KeptRow<W, typename Operand::Row::value> kept;

  __device__ Columns(const Operand& of, std::int64_t c) { of.row(0).get(c, kept.kept); }
  __device__ const auto& row(std::int64_t) const { return kept; }
};

template <int W, class F, class... Operands>
__device__ inline void visit_rows(std::int64_t rows, const F& f, std::int64_t c,
                                  Columns<W, Operands>... columns) {
  for (std::int64_t r = std::int64_t{blockIdx.y} * blockDim.y + threadIdx.y; r < rows;
       r += std::int64_t{gridDim.y} * blockDim.y)
    visit_elements<W>(f, c, columns.row(r)...);
}

/// Threads across columns, W of them each, and down rows. Columns that are left over go one by one to the
/// first threads.
template <int W, class F, class... Operands>
__global__ void for_each_element_kernel(std::int64_t rows, std::int64_t cols, F f, Operands... operands) {
  const std::int64_t packs = cols / W, rest = cols - packs * W;
  const std::int64_t k = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (k < packs) visit_rows<W, F, Operands...>(rows, f, k * W, Columns<W, Operands>(operands, k * W)...);
  if (W > 1 && k < rest)
    visit_rows<1, F, Operands...>(rows, f, packs * W + k, Columns<1, Operands>(operands, packs * W + k)...);
}

template <int W, class F, class... Operands>
void launch_elements(const Stream& stream, std::int64_t rows, std::int64_t cols, F f, Operands... operands) {
  constexpr std::int64_t threads = 128;       // small, so that few packs still reach all processors
  constexpr std::int64_t most_blocks = 4224;  // twice what a large GPU has room for; then threads take turns
  const std::int64_t packs = cols / W, rest = cols - packs * W;
  const std::int64_t across = packs > rest || W == 1 ? packs : rest;  // a thread may have both
  const std::int64_t width = across < threads ? across : threads, height = threads / width;
  const std::int64_t wide = (across + width - 1) / width, down = (rows + height - 1) / height;
  const std::int64_t turns = (wide * down + most_blocks - 1) / most_blocks;
  const std::int64_t high = (down + turns - 1) / turns;
  const dim3 grid(static_cast<unsigned>(wide), static_cast<unsigned>(high < 65535 ? high : 65535));
  const dim3 block(static_cast<unsigned>(width), static_cast<unsigned>(height));
  for_each_element_kernel<W><<<grid, block, 0, native(stream)>>>(rows, cols, f, operands...);
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
