// What is needed of cuDNN's graph API: operations are described, and cuDNN's heuristics name engines that
// carry them out.
#pragma once

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

namespace dlcore::kernels::cuda {

/// Throws Error "<operation> failed: <reason>" unless status is CUDNN_STATUS_SUCCESS.
void check_cudnn(cudnnStatus_t status, const char* operation);

/// Anything that cuDNN knows by a descriptor: attributes are set, then it is finalized, then it may become an
/// attribute of another, which takes a copy.
class CudnnDescriptor {
 public:
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t type);

  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
           const void* values);
  void set(cudnnBackendAttributeName_t name, std::initializer_list<std::int64_t> values);
  void set(cudnnBackendAttributeName_t name, const CudnnDescriptor& other);

  /// Reads at most `room` values; how many there are.
  std::int64_t get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t room,
                   void* values) const;

  /// False when cuDNN cannot do what was described; throws Error when it was described wrongly.
  bool finalize();

  cudnnBackendDescriptor_t raw() const { return raw_.get(); }

 private:
  struct Destroy {
    void operator()(cudnnBackendDescriptor_t raw) const { cudnnBackendDestroyDescriptor(raw); }
  };
  std::unique_ptr<void, Destroy> raw_;
};

/// An operation that is ready to run.
struct CudnnPlan {
  std::optional<CudnnDescriptor> plan;  // empty: cuDNN has no engine
  std::size_t workspace_bytes = 0;
};

/// The engine for a finalized operation that cuDNN's heuristics prefer among those that repeat bit for bit
/// and sum products as they are: no Winograd or Fourier transform, no partial sums of less than float
/// precision, and unless tensor_cores no rounding of float32 inputs (TF32).
CudnnPlan find_plan(cudnnHandle_t handle, const CudnnDescriptor& operation, bool tensor_cores);

/// Runs a plan on the handle's stream. Tensor i is at pointers[i] and was described with the unique id i + 1.
void execute(cudnnHandle_t handle, const CudnnPlan& plan, std::initializer_list<void*> pointers,
             void* workspace);

}  // namespace dlcore::kernels::cuda
