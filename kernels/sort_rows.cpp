#include "core/format.h"
#include "core/profile.h"
#include "core/targets.h"
#include "kernels/embedding.h"
#include "kernels/sort_vendor.h"

namespace dlcore::kernels {

void sort_rows(const Stream& stream, const Tensor& row, const Tensor& order) {
  require(
      row.numel() == order.numel() && row.device() == stream.device() && order.device() == stream.device(),
      "sort_rows: expected two int32 tensors of one size on {}, not {} and {}", stream.device(), row, order);
  const std::int64_t n = row.numel();
  if (n == 0) return;
  const ProfileSpan span(Profile::Kind::kernel, "sort_rows");
  if (span.recorded()) span.describe(0, static_cast<double>(row.bytes() + order.bytes()));
#ifdef DLCORE_CUDA
  if (stream.device().is_cuda())
    return sort_rows_cuda(stream, row.data<std::int32_t>(), order.data<std::int32_t>(), n);
#endif
  sort_rows_cpu(stream, row.data<std::int32_t>(), order.data<std::int32_t>(), n);
}

}  // namespace dlcore::kernels
