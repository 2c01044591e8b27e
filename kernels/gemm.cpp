#include "kernels/gemm.h"

#include "core/format.h"
#include "core/profile.h"
#include "kernels/gemm_plain.h"
#include "kernels/gemm_vendor.h"

namespace dlcore::kernels {
namespace {

const char* text(Op op) {
  return op == Op::transpose ? "^T" : "";
}

}  // namespace

GemmExtents gemm_extents(const Stream& stream, Op op_a, Op op_b, const Tensor& a, const Tensor& b,
                         const Tensor& c, double beta, const Tensor& bias) {
  require(a.defined() && b.defined() && c.defined() && is_floating(c.dtype()),
          "gemm: expected three floating-point tensors, not {}, {} and {}", a, b, c);
  const bool ta = op_a == Op::transpose;
  const bool tb = op_b == Op::transpose;
  const GemmExtents e{ta ? a.shape().cols() : a.shape().rows(), tb ? b.shape().rows() : b.shape().cols(),
                      ta ? a.shape().rows() : a.shape().cols()};
  const std::int64_t k_of_b = tb ? b.shape().cols() : b.shape().rows();
  require(k_of_b == e.k && c.shape().rows() == e.m && c.shape().cols() == e.n,
          "gemm: {}{} times {}{} does not give {}", a.shape(), text(op_a), b.shape(), text(op_b), c.shape());
  require(!bias.defined() || bias.numel() == e.n, "gemm: a bias of shape {} does not fit {} columns",
          bias.shape(), e.n);
  require(beta == 0 || beta == 1, "gemm: beta must be 0 or 1, not {}", beta);
  for (const Tensor* tensor : {&a, &b, &c, &bias}) {
    if (!tensor->defined()) continue;
    require(tensor->device() == stream.device() && tensor->dtype() == c.dtype(),
            "gemm: expected {} on {}, not {}", c.dtype(), stream.device(), *tensor);
  }
  return e;
}

void gemm(const Stream& stream, Op op_a, Op op_b, const Tensor& a, const Tensor& b, const Tensor& c,
          double beta, const Tensor& bias) {
  const GemmExtents e = gemm_extents(stream, op_a, op_b, a, b, c, beta, bias);
  if (e.m == 0 || e.n == 0) return;
  const ProfileSpan span(Profile::Kind::kernel, "gemm");
  if (span.recorded())
    span.describe(2.0 * static_cast<double>(e.m) * static_cast<double>(e.n) * static_cast<double>(e.k),
                  static_cast<double>(a.bytes() + b.bytes() + c.bytes()),
                  fmt::format("{} x {}, {} deep", e.m, e.n, e.k));
  if (e.k > 0) {
    if (stream.device().is_cuda()) {
      if (gemm_cublaslt(stream, op_a, op_b, a, b, c, beta == 0 ? Tensor() : c, bias, false, e)) return;
    } else if (gemm_onednn(op_a, op_b, a, b, c, beta, bias, e)) {
      return;
    }
  }
  gemm_plain(stream, op_a == Op::transpose, op_b == Op::transpose, a, b, c, bias, beta, e.m, e.n, e.k);
}

bool multiplies_bfloat16_faster(const Stream& stream) {
  return stream.device().is_cuda() || onednn_multiplies_bfloat16();
}

}  // namespace dlcore::kernels
