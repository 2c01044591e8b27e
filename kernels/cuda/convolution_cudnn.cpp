// Convolution by cuDNN 9, through its graph API: unlike the older one it is not deprecated, and says of each
// engine whether it repeats bit for bit and whether it rounds float32 to TF32. Pictures stay in NHWC; weights
// and their gradients are brought into and out of the layout that goes with it, (O, height, width, C/G), and
// bias, residual and ReLU are a pass of their own. A plan is found once per combination of extents, pass,
// type and alignment, and kept.
#include <cuda_runtime_api.h>

#include <map>
#include <mutex>
#include <unordered_map>

#include "kernels/channels.h"
#include "kernels/convolution_vendor.h"
#include "kernels/cuda/convolution_plan.h"
#include "kernels/cuda/cuda_check.h"
#include "kernels/elementwise.h"

namespace dlcore::kernels {
namespace {

using cuda::check_cuda;
using cuda::check_cudnn;
using cuda::CudnnPlan;
using Key = cuda::ConvolutionKey;
using Pass = ConvolutionPass;

/// cuDNN on one GPU. Two threads must not use a handle at the same time; what they do with it is to queue
/// work, so that waiting for each other costs little, and plans are found once for all of them.
struct Library {
  std::mutex mutex;
  cudnnHandle_t handle = nullptr;
  std::unordered_map<Key, CudnnPlan, Key::Hash> plans;
};

constexpr std::size_t kept_plans = 1024;  // then all are forgotten, as by the oneDNN routes

Library& library_of(Device device) {
  static std::mutex mutex;
  // Leaked on purpose: at exit the driver may be gone already.
  static auto& all = *new std::map<int, Library>;
  const std::scoped_lock lock(mutex);
  check_cuda(cudaSetDevice(device.index), "cudaSetDevice");
  Library& one = all[device.index];
  if (one.handle == nullptr) check_cudnn(cudnnCreate(&one.handle), "cudnnCreate");
  return one;
}

/// The plan for one convolution, which no other thread can use or forget as long as this lives.
class Convolution {
 public:
  Convolution(const Stream& stream, const Key& key)
      : stream_(stream), library_(library_of(stream.device())), lock_(library_.mutex), plan_(find(key)) {}

  bool available() const { return plan_.plan.has_value(); }

  /// From one piece of the stream's workspace: `bytes` bytes for the caller, then what cuDNN needs.
  void* workspace(std::size_t bytes) {
    const std::size_t mine = (bytes + 255) / 256 * 256;
    auto* base = static_cast<std::byte*>(stream_.workspace(mine + plan_.workspace_bytes));
    scratch_ = plan_.workspace_bytes == 0 ? nullptr : base + mine;
    return base;
  }

  /// After workspace(). w: (O, height, width, C/G)
  void run(const Tensor& x, const Tensor& y, void* w) const {
    check_cudnn(cudnnSetStream(library_.handle, static_cast<cudaStream_t>(stream_.native())),
                "cudnnSetStream");
    cuda::execute(library_.handle, plan_, {x.raw(), y.raw(), w}, scratch_);
  }

 private:
  const CudnnPlan& find(const Key& key) const {
    auto found = library_.plans.find(key);
    if (found != library_.plans.end()) return found->second;
    if (library_.plans.size() >= kept_plans) {
      check_cuda(cudaDeviceSynchronize(), "cudaDeviceSynchronize");  // plans may still be running
      library_.plans.clear();
    }
    return library_.plans.emplace(key, cuda::plan_convolution(library_.handle, key)).first->second;
  }

  const Stream& stream_;
  Library& library_;
  std::scoped_lock<std::mutex> lock_;
  const CudnnPlan& plan_;
  void* scratch_ = nullptr;
};

struct CudnnLayouts : ConstantWeights::Layouts {
  std::mutex mutex;
  Tensor weight;  // (O, height, width, C/G)
};

std::int64_t inputs_of(const ConvolutionExtents& e) {
  return e.c / e.groups;
}
std::int64_t places_of(const ConvolutionExtents& e) {
  return e.window.vertical.kernel * e.window.horizontal.kernel;
}

// Where one of the two is 1, (O, C/G, height, width) and (O, height, width, C/G) are the same in memory.
bool needs_packing(const ConvolutionExtents& e) {
  return inputs_of(e) > 1 && places_of(e) > 1;
}

template <class T>
void pack(const Stream& stream, const ConvolutionExtents& e, const Tensor& w, void* packed) {
  cuda::transpose<T>(stream, w.data<T>(), static_cast<T*>(packed), false, e.out, inputs_of(e), places_of(e));
}

template <class T>
void add_unpacked(const Stream& stream, const ConvolutionExtents& e, const void* packed, const Tensor& dw) {
  cuda::transpose<T>(stream, static_cast<const T*>(packed), dw.data<T>(), true, e.out, places_of(e),
                     inputs_of(e));
}

void pack(const Stream& stream, const ConvolutionExtents& e, const Tensor& w, void* packed) {
  if (w.dtype() == DType::bfloat16)
    pack<bfloat16>(stream, e, w, packed);
  else
    pack<float>(stream, e, w, packed);
}

// Made once; then every stream may use it.
void* packed_once(const Stream& stream, const ConvolutionExtents& e, const ConstantWeights& constant) {
  auto& layouts = static_cast<CudnnLayouts&>(constant.layouts());
  const std::scoped_lock lock(layouts.mutex);
  if (!layouts.weight.defined()) {
    const Tensor& w = constant.weight();
    const Tensor made({e.out, places_of(e), inputs_of(e)}, w.dtype(), w.device());
    pack(stream, e, w, made.raw());
    stream.synchronize();
    layouts.weight = made;
  }
  return layouts.weight.raw();
}

// Bytes that all tensors are aligned to: 16, which the widest loads want, or for views at odd places those of
// an element. Weights count where cuDNN reads them in place.
std::int64_t alignment_of(const ConvolutionExtents& e, const Tensor& x, const Tensor& y, const Tensor* w) {
  auto places = reinterpret_cast<std::uintptr_t>(x.raw()) | reinterpret_cast<std::uintptr_t>(y.raw());
  if (w != nullptr && !needs_packing(e)) places |= reinterpret_cast<std::uintptr_t>(w->raw());
  return places % 16 == 0 ? 16 : static_cast<std::int64_t>(size_of(x.dtype()));
}

// Packs the weights unless they are so already, and runs.
void run_with_weights(const Stream& stream, const ConvolutionExtents& e, Convolution& convolution,
                      const Tensor& x, const Tensor& y, const Tensor& w, const ConstantWeights* constant) {
  const bool per_call = needs_packing(e) && constant == nullptr;
  void* const mine = convolution.workspace(per_call ? w.bytes() : 0);
  if (per_call) {
    pack(stream, e, w, mine);
    convolution.run(x, y, mine);
  } else {
    convolution.run(x, y, needs_packing(e) ? packed_once(stream, e, *constant) : w.raw());
  }
}

}  // namespace

std::unique_ptr<ConstantWeights::Layouts> cudnn_layouts() {
  return std::make_unique<CudnnLayouts>();
}

bool convolution_cudnn_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                               const Tensor& w, const ConstantWeights* constant, const Tensor& y,
                               const ConvolutionEpilogue& epilogue) {
  if (x.dtype() == DType::float64) return false;
  {
    Convolution convolution(stream, {Pass::forward, extents, x.dtype(), alignment_of(extents, x, y, &w)});
    if (!convolution.available()) return false;
    run_with_weights(stream, extents, convolution, x, y, w, constant);
  }
  if (epilogue.bias.defined() || epilogue.residual.defined() || epilogue.relu)
    kernels::epilogue(stream, epilogue.bias, epilogue.residual, epilogue.relu, y, y.numel() / extents.out,
                      extents.out);
  return true;
}

bool convolution_cudnn_backward_data(const Stream& stream, const ConvolutionExtents& extents,
                                     const Tensor& dy, const Tensor& w, const Tensor& dx) {
  if (dx.dtype() == DType::float64) return false;
  Convolution convolution(stream,
                          {Pass::backward_data, extents, dx.dtype(), alignment_of(extents, dx, dy, &w)});
  if (!convolution.available()) return false;
  run_with_weights(stream, extents, convolution, dx, dy, w, nullptr);
  return true;
}

bool convolution_cudnn_backward_weights(const Stream& stream, const ConvolutionExtents& extents,
                                        const Tensor& x, const Tensor& dy, const Tensor& dw) {
  if (dw.dtype() == DType::float64) return false;
  Convolution convolution(
      stream, {Pass::backward_weights, extents, dw.dtype(), alignment_of(extents, x, dy, nullptr)});
  if (!convolution.available()) return false;
  void* const packed = convolution.workspace(dw.bytes());
  convolution.run(x, dy, packed);
  if (dw.dtype() == DType::bfloat16)
    add_unpacked<bfloat16>(stream, extents, packed, dw);
  else
    add_unpacked<float>(stream, extents, packed, dw);
  return true;
}

}  // namespace dlcore::kernels
