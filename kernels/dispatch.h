// Declares a kernel for every target and defines the public function that chooses among them.
//
//     DLCORE_KERNEL(relu_forward, const T* x, T* y, std::int64_t n)
//
// declares `template <class T> void relu_forward(const Stream&, const T* x, T* y, std::int64_t n)` in each
// target's namespace (cpu_plain, cpu_v3, cpu_v4, cuda), to be defined in kernels/<family>.cu, and defines
// `kernels::relu_forward(stream, x, y, n)` for callers, who pass Tensors where the kernel takes pointers. T
// is the element type of the first floating-point tensor among the arguments. The public function checks that
// every tensor lives on the stream's device and has the type that the kernel takes; an undefined Tensor
// becomes a null pointer.
#pragma once

#include <cstdint>
#include <tuple>
#include <type_traits>

#include "core/profile.h"
#include "core/stream.h"
#include "core/tensor.h"

namespace dlcore::kernels {

/// One call of a kernel: checks arguments, names the kernel in every error. With DLCORE_SYNC=1 in the
/// environment finish() waits for the kernel, so that an asynchronous failure is reported by the kernel that
/// caused it.
class KernelCall {
 public:
  KernelCall(const char* name, const Stream& stream);

  bool on_cuda() const { return stream_.device().is_cuda(); }
  CpuTarget cpu_target() const { return stream_.cpu_target(); }
  void finish() const;

  bool profiled() const { return span_.recorded(); }
  void tell_bytes(double bytes) const { span_.describe(0, bytes); }

  /// Position of the next argument after the stream, for messages; counts from 1.
  int next_argument() const { return ++arguments_; }

  void check(const Tensor& tensor, DType wanted, int position) const;
  [[noreturn]] void fail_type(DType type) const;

 private:
  const char* name_;
  const Stream& stream_;
  ProfileSpan span_;
  mutable int arguments_ = 0;
};

/// A Tensor argument on its way to a kernel: converts to whatever pointer the kernel takes, after a check.
class TensorArgument {
 public:
  TensorArgument(const KernelCall& call, const Tensor& tensor, int position)
      : call_(call), tensor_(tensor), position_(position) {}

  template <class U>
  operator U*() const {
    if (!tensor_.defined()) return nullptr;
    call_.check(tensor_, dtype_of<std::remove_const_t<U>>, position_);
    return static_cast<U*>(tensor_.raw());
  }

 private:
  const KernelCall& call_;
  const Tensor& tensor_;
  int position_;
};

inline TensorArgument kernel_argument(const KernelCall& call, const Tensor& tensor) {
  return {call, tensor, call.next_argument()};
}
template <class Scalar>
const Scalar& kernel_argument(const KernelCall& call, const Scalar& scalar) {
  call.next_argument();
  return scalar;
}

inline bool take_floating(const Tensor& tensor, DType& type) {
  if (!tensor.defined() || !is_floating(tensor.dtype())) return false;
  type = tensor.dtype();
  return true;
}
template <class Scalar>
bool take_floating(const Scalar&, DType&) {
  return false;
}

inline double bytes_of(const Tensor& tensor) {
  return tensor.defined() ? static_cast<double>(tensor.bytes()) : 0;
}
template <class Scalar>
double bytes_of(const Scalar&) {
  return 0;
}

template <class... Args>
DType first_floating_type(const Args&... args) {
  DType type = DType::int32;
  (take_floating(args, type) || ...);
  return type;
}

/// Calls f.template operator()<T>() with the C++ type of a floating DType.
template <class F>
void with_floating_type(const KernelCall& call, DType type, F f) {
  switch (type) {
    case DType::float32:
      return f.template operator()<float>();
    case DType::float64:
      return f.template operator()<double>();
    case DType::bfloat16:
      return f.template operator()<bfloat16>();
    default:
      call.fail_type(type);
  }
}

}  // namespace dlcore::kernels

#define DLCORE_DECLARE_IN(target, name, ...) \
  namespace target {                         \
  template <class T>                         \
  void name(const Stream&, __VA_ARGS__);     \
  }

#ifdef DLCORE_TARGET
// In a kernel file, which is compiled for one target at a time, just what it defines: the file is then the
// same with and without CUDA.
#define DLCORE_KERNEL(name, ...) DLCORE_DECLARE_IN(DLCORE_TARGET, name, __VA_ARGS__)
#else
#include "core/targets.h"

#ifdef DLCORE_X86_TARGETS
#define DLCORE_IF_X86(...) __VA_ARGS__
#else
#define DLCORE_IF_X86(...)
#endif
#ifdef DLCORE_CUDA
#define DLCORE_IF_CUDA(...) __VA_ARGS__
#else
#define DLCORE_IF_CUDA(...)
#endif

#define DLCORE_KERNEL(name, ...)                                                \
  DLCORE_DECLARE_IN(cpu_plain, name, __VA_ARGS__)                               \
  DLCORE_IF_X86(DLCORE_DECLARE_IN(cpu_v3, name, __VA_ARGS__))                   \
  DLCORE_IF_X86(DLCORE_DECLARE_IN(cpu_v4, name, __VA_ARGS__))                   \
  DLCORE_IF_CUDA(DLCORE_DECLARE_IN(cuda, name, __VA_ARGS__))                    \
  template <class... Args>                                                      \
  void name(const Stream& stream, const Args&... args) {                        \
    const KernelCall call(#name, stream);                                       \
    if (call.profiled()) call.tell_bytes((bytes_of(args) + ...));               \
    with_floating_type(call, first_floating_type(args...), [&]<class T>() {     \
      const auto run = [&](auto... a) {                                         \
        DLCORE_IF_CUDA(if (call.on_cuda()) return cuda::name<T>(stream, a...);) \
        DLCORE_IF_X86(switch (call.cpu_target()) {                              \
          case CpuTarget::v4:                                                   \
            return cpu_v4::name<T>(stream, a...);                               \
          case CpuTarget::v3:                                                   \
            return cpu_v3::name<T>(stream, a...);                               \
          default:                                                              \
            break;                                                              \
        })                                                                      \
        cpu_plain::name<T>(stream, a...);                                       \
      };                                                                        \
      std::apply(run, std::tuple{kernel_argument(call, args)...});              \
    });                                                                         \
    call.finish();                                                              \
  }
#endif

/// At the end of a kernel file: compiles the kernel for the three floating-point storage types.
#define DLCORE_INSTANTIATE(name)                \
  template decltype(name<float>) name<float>;   \
  template decltype(name<double>) name<double>; \
  template decltype(name<bfloat16>) name<bfloat16>;
