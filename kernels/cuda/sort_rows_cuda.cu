#include <thrust/execution_policy.h>
#include <thrust/sequence.h>
#include <thrust/system/cuda/execution_policy.h>

#include <cub/device/device_radix_sort.cuh>

#include "kernels/cuda/launch_cuda.h"
#include "kernels/sort_vendor.h"

namespace dlcore::kernels {

void sort_rows_cuda(const Stream& stream, const std::int32_t* row, std::int32_t* order, std::int64_t n) {
  // The radix sort is stable. Workspace: sorted keys, unsorted positions, then CUB's own scratch.
  const cudaStream_t native = cuda::native(stream);
  const std::size_t piece = (static_cast<std::size_t>(n) * sizeof(std::int32_t) + 255) / 256 * 256;
  std::size_t scratch_bytes = 0;
  std::int32_t* none = nullptr;
  cuda::check_cuda(
      cub::DeviceRadixSort::SortPairs(nullptr, scratch_bytes, row, none, none, order, n, 0, 32, native),
      "sort_rows");
  auto* base = static_cast<std::byte*>(stream.workspace(2 * piece + scratch_bytes));
  auto* sorted = reinterpret_cast<std::int32_t*>(base);
  auto* positions = reinterpret_cast<std::int32_t*>(base + piece);
  thrust::sequence(thrust::cuda::par_nosync.on(native), positions, positions + n);
  cuda::check_cuda(cub::DeviceRadixSort::SortPairs(base + 2 * piece, scratch_bytes, row, sorted, positions,
                                                   order, n, 0, 32, native),
                   "sort_rows");
}

}  // namespace dlcore::kernels
