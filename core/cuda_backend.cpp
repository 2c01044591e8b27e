#include <cuda_runtime_api.h>

#include "core/backend.h"
#include "core/error.h"

namespace dlcore::backend {
namespace {

void check(cudaError_t status, const char* operation) {
  require(status == cudaSuccess, "{} failed: {}", operation, cudaGetErrorString(status));
}

void select(int device) {
  check(cudaSetDevice(device), "cudaSetDevice");
}

cudaStream_t as_stream(void* stream) {
  return static_cast<cudaStream_t>(stream);
}

}  // namespace

int device_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    (void)cudaGetLastError();  // no driver or no card: a plain "none", not an error that a later call would
                               // report
    return 0;
  }
  return count;
}

std::string device_name(int device) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  return fmt::format("{}, compute capability {}.{}", properties.name, properties.major, properties.minor);
}

void memory_info(int device, std::size_t& free_bytes, std::size_t& total_bytes) {
  select(device);
  check(cudaMemGetInfo(&free_bytes, &total_bytes), "cudaMemGetInfo");
}

void* allocate(int device, std::size_t bytes) {
  select(device);
  void* pointer = nullptr;
  const cudaError_t status = cudaMalloc(&pointer, bytes);
  if (status == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    return nullptr;
  }
  check(status, "cudaMalloc");
  return pointer;
}

// Destructors call the two functions below, at process exit possibly after the driver has gone: nothing to
// report.
void release(int device, void* pointer) {
  if (cudaSetDevice(device) == cudaSuccess) (void)cudaFree(pointer);
}

void destroy_stream(int device, void* stream) {
  if (cudaSetDevice(device) == cudaSuccess) (void)cudaStreamDestroy(as_stream(stream));
}

void* create_stream(int device) {
  select(device);
  cudaStream_t stream = nullptr;
  check(cudaStreamCreate(&stream), "cudaStreamCreate");  // blocking: ordered with the legacy default stream
  return stream;
}

void synchronize_stream(int device, void* stream) {
  select(device);
  check(cudaStreamSynchronize(as_stream(stream)), "cudaStreamSynchronize");
}

void synchronize_device(int device) {
  select(device);
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
}

void copy(int device, void* destination, const void* source, std::size_t bytes, void* stream) {
  select(device);
  check(cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDefault, as_stream(stream)), "cudaMemcpyAsync");
}

void fill_zero(int device, void* destination, std::size_t bytes, void* stream) {
  select(device);
  check(cudaMemsetAsync(destination, 0, bytes, as_stream(stream)), "cudaMemsetAsync");
}

void* record_event(int device, void* stream) noexcept {
  cudaEvent_t event = nullptr;
  if (cudaSetDevice(device) != cudaSuccess || cudaEventCreate(&event) != cudaSuccess) return nullptr;
  if (cudaEventRecord(event, as_stream(stream)) == cudaSuccess) return event;
  (void)cudaEventDestroy(event);
  return nullptr;
}

void destroy_event(int device, void* event) noexcept {
  if (event != nullptr && cudaSetDevice(device) == cudaSuccess)
    (void)cudaEventDestroy(static_cast<cudaEvent_t>(event));
}

double seconds_between(int device, void* begin, void* end) {
  select(device);
  require(begin != nullptr && end != nullptr, "cudaEventRecord failed: {}",
          cudaGetErrorString(cudaGetLastError()));
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, static_cast<cudaEvent_t>(begin), static_cast<cudaEvent_t>(end)),
        "cudaEventElapsedTime");
  return 1e-3 * static_cast<double>(milliseconds);
}

}  // namespace dlcore::backend
