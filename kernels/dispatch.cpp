#include "kernels/dispatch.h"

#include <cstdlib>

#include "core/format.h"

namespace dlcore::kernels {
namespace {

bool synchronous() {
  static const bool wanted = [] {
    const char* value = std::getenv("DLCORE_SYNC");
    return value != nullptr && *value == '1';
  }();
  return wanted;
}

}  // namespace

KernelCall::KernelCall(const char* name, const Stream& stream)
    : name_(name), stream_(stream), span_(Profile::Kind::kernel, name) {}

void KernelCall::finish() const {
  if (!synchronous()) return;
  try {
    stream_.synchronize();
  } catch (const Error& error) {
    fail("kernel {}: {}", name_, error.what());
  }
}

void KernelCall::check(const Tensor& tensor, DType wanted, int position) const {
  require(tensor.device() == stream_.device(), "kernel {}: argument {} is {}, but the stream runs on {}",
          name_, position, tensor, stream_.device());
  require(tensor.dtype() == wanted, "kernel {}: argument {} is {}, expected {} elements", name_, position,
          tensor, wanted);
}

void KernelCall::fail_type(DType type) const {
  fail("kernel {}: expected a tensor of float32, float64 or bfloat16 among the arguments, not {}", name_,
       type);
}

}  // namespace dlcore::kernels
