#include <map>
#include <mutex>
#include <tuple>

#include "kernels/cuda/launch_cuda.h"
#include "kernels/cuda/persistent_recurrent_kernels.h"
#include "kernels/persistent_vendor.h"

namespace dlcore::kernels {
namespace {

using cuda::check_cuda;

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  check_cuda(cudaDeviceGetAttribute(&value, which, device), "cudaDeviceGetAttribute");
  return value;
}

/// Blocks of a kernel that are all on the device at the same time, which those that wait for each other must
/// be; 0: none with this much shared memory.
int resident_blocks(const void* kernel, int shared, int device) {
  static std::map<std::tuple<const void*, int, int>, int> known;
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  const auto [found, unknown] = known.try_emplace({kernel, shared, device}, 0);
  if (!unknown) return found->second;
  const int most_shared = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  if (attribute(cudaDevAttrCooperativeLaunch, device) == 0 || shared > most_shared) return 0;
  check_cuda(cudaSetDevice(device), "cudaSetDevice");
  // Of the kernel, not of this launch: one of a smaller size must not take it back.
  check_cuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most_shared),
             "cudaFuncSetAttribute");
  int of_processor = 0;
  check_cuda(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&of_processor, kernel, cuda::product_threads,
                                                           static_cast<std::size_t>(shared)),
             "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
  return found->second = of_processor * attribute(cudaDevAttrMultiProcessorCount, device);
}

/// A kernel with its grid: (slices, groups), no groups where it does not fit.
struct Launch {
  const void* kernel;
  int shared, slices, groups;
};

template <class Product>
Launch plan_launch(const void* kernel, int K, int units, const Stream& stream, const RecurrentSteps& steps) {
  using T = typename Product::Element;
  Launch launch{kernel, 0, static_cast<int>((steps.H + units - 1) / units), 0};
  launch.shared = static_cast<int>(sizeof(T)) * (Product::weight_elements(K) + Product::stage_elements);
  const int blocks = resident_blocks(kernel, launch.shared, stream.device().index);
  const auto most =
      static_cast<int>((steps.rows.front() + cuda::fewest_rows_of_group - 1) / cuda::fewest_rows_of_group);
  launch.groups = blocks / launch.slices < most ? blocks / launch.slices : most;
  return launch;
}

template <class T, int Gates>
Launch forward_launch(const Stream& stream, const RecurrentSteps& steps) {
  using Plan = cuda::Persistent<T, Gates>;
  return plan_launch<typename Plan::Forward>(
      reinterpret_cast<const void*>(
          cuda::persistent_forward_kernel<T, Gates, Plan::units, typename Plan::Forward>),
      static_cast<int>(steps.H), Plan::units, stream, steps);
}

template <class T, int Gates>
Launch backward_launch(const Stream& stream, const RecurrentSteps& steps) {
  using Plan = cuda::Persistent<T, Gates>;
  return plan_launch<typename Plan::Backward>(
      reinterpret_cast<const void*>(
          cuda::persistent_backward_kernel<T, Gates, Plan::units, typename Plan::Backward>),
      static_cast<int>(steps.H) * Gates, Plan::units, stream, steps);
}

cuda::StepSizes sizes_of(const RecurrentSteps& steps) {
  cuda::StepSizes sizes{};
  for (const std::int64_t rows : steps.rows) sizes.rows[sizes.count++] = static_cast<int>(rows);
  return sizes;
}

// A cooperative launch is refused where not all blocks are resident: blocks that wait never wait for one that
// cannot start.
template <class Arguments>
void run(const Stream& stream, const Launch& launch, Arguments& arguments) {
  const std::size_t bytes =
      static_cast<std::size_t>(launch.groups) * cuda::counter_pitch * sizeof(std::uint32_t);
  arguments.counters = static_cast<std::uint32_t*>(stream.workspace(bytes));
  check_cuda(cudaMemsetAsync(arguments.counters, 0, bytes, cuda::native(stream)), "cudaMemsetAsync");
  void* list[] = {&arguments};
  const dim3 grid(static_cast<unsigned>(launch.slices), static_cast<unsigned>(launch.groups));
  check_cuda(cudaLaunchCooperativeKernel(launch.kernel, grid, dim3(cuda::product_threads), list,
                                         static_cast<std::size_t>(launch.shared), cuda::native(stream)),
             "persistent_recurrent");
}

template <class T>
T* data(const Tensor& tensor) {
  return static_cast<T*>(tensor.raw());
}

template <class T, int Gates>
void forward(const Stream& stream, const RecurrentSteps& steps, const RecurrentForward& x) {
  cuda::ForwardArguments<T> arguments{data<T>(x.projected),
                                      data<std::int32_t>(x.row),
                                      x.projected.size(0),
                                      data<T>(x.Wh),
                                      data<T>(x.h0),
                                      data<T>(x.gates),
                                      data<T>(x.c),
                                      data<T>(x.h),
                                      nullptr,
                                      static_cast<int>(steps.H),
                                      sizes_of(steps)};
  run(stream, forward_launch<T, Gates>(stream, steps), arguments);
}

template <class T, int Gates>
void backward(const Stream& stream, const RecurrentSteps& steps, const RecurrentBackward& x) {
  cuda::BackwardArguments<T> arguments{data<T>(x.Wh),  data<T>(x.h0),         data<T>(x.h),
                                       data<T>(x.c),   data<T>(x.dh),         data<T>(x.da),
                                       data<T>(x.dc),  data<T>(x.h_previous), data<T>(x.dh0),
                                       nullptr,        x.dh.size(0),          static_cast<int>(steps.H),
                                       sizes_of(steps)};
  run(stream, backward_launch<T, Gates>(stream, steps), arguments);
}

/// f.operator()<T, Gates>() of a type and a cell that there are kernels for.
template <class F>
auto with_kernel(DType type, std::int64_t gates, F f) {
  if (type == DType::bfloat16)
    return gates == 1 ? f.template operator()<bfloat16, 1>() : f.template operator()<bfloat16, 4>();
  return gates == 1 ? f.template operator()<float, 1>() : f.template operator()<float, 4>();
}

}  // namespace

bool persistent_fits_cuda(const Stream& stream, DType type, const RecurrentSteps& steps) {
  constexpr std::int64_t most = 1 << 24;  // extents and their products with a few are ints
  if ((type != DType::float32 && type != DType::bfloat16) || (steps.gates != 1 && steps.gates != 4) ||
      steps.rows.empty() || steps.rows.size() > cuda::most_steps || steps.rows.front() > most ||
      steps.H > cuda::most_hidden || steps.H * static_cast<std::int64_t>(size_of(type)) % 16 != 0)
    return false;
  return with_kernel(type, steps.gates, [&]<class T, int Gates>() {
    return forward_launch<T, Gates>(stream, steps).groups > 0 &&
           backward_launch<T, Gates>(stream, steps).groups > 0;
  });
}

void persistent_forward_cuda(const Stream& stream, const RecurrentSteps& steps,
                             const RecurrentForward& tensors) {
  with_kernel(tensors.h.dtype(), steps.gates,
              [&]<class T, int Gates>() { forward<T, Gates>(stream, steps, tensors); });
}

void persistent_backward_cuda(const Stream& stream, const RecurrentSteps& steps,
                              const RecurrentBackward& tensors) {
  with_kernel(tensors.da.dtype(), steps.gates,
              [&]<class T, int Gates>() { backward<T, Gates>(stream, steps, tensors); });
}

}  // namespace dlcore::kernels
