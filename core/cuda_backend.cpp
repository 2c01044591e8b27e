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

cudaGraph_t as_graph(void* graph) {
  return static_cast<cudaGraph_t>(graph);
}

cudaGraphExec_t as_executable(void* executable) {
  return static_cast<cudaGraphExec_t>(executable);
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

// Destructors call the two functions below and those that are noexcept, at process exit possibly after the
// driver has gone: nothing to report.
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

void* allocate_host(int device, std::size_t bytes) noexcept {
  void* pointer = nullptr;
  if (cudaSetDevice(device) == cudaSuccess && cudaMallocHost(&pointer, bytes) == cudaSuccess) return pointer;
  (void)cudaGetLastError();  // the caller says what is missing
  return nullptr;
}

void release_host(int device, void* pointer) noexcept {
  if (cudaSetDevice(device) == cudaSuccess) (void)cudaFreeHost(pointer);
}

void* create_event(int device) {
  select(device);
  cudaEvent_t event = nullptr;
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
  return event;
}

void record_event(int device, void* event, void* stream) {
  select(device);
  check(cudaEventRecord(static_cast<cudaEvent_t>(event), as_stream(stream)), "cudaEventRecord");
}

void hold_stream(int device, void* stream, void* event) {
  select(device);
  check(cudaStreamWaitEvent(as_stream(stream), static_cast<cudaEvent_t>(event)), "cudaStreamWaitEvent");
}

void synchronize_event(int device, void* event) {
  select(device);
  check(cudaEventSynchronize(static_cast<cudaEvent_t>(event)), "cudaEventSynchronize");
}

// Relaxed: memory may be asked for meanwhile, here and by other threads.
void begin_recording(int device, void* stream) {
  select(device);
  check(cudaStreamBeginCapture(as_stream(stream), cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
}

void* end_recording(int device, void* stream) noexcept {
  cudaGraph_t graph = nullptr;
  if (cudaSetDevice(device) == cudaSuccess && cudaStreamEndCapture(as_stream(stream), &graph) == cudaSuccess)
    return graph;
  (void)cudaGetLastError();  // what could not be recorded runs without
  destroy_graph(device, graph);
  return nullptr;
}

void destroy_graph(int device, void* graph) noexcept {
  if (graph != nullptr && cudaSetDevice(device) == cudaSuccess) (void)cudaGraphDestroy(as_graph(graph));
}

void* make_executable(int device, void* graph) {
  select(device);
  cudaGraphExec_t executable = nullptr;
  check(cudaGraphInstantiateWithFlags(&executable, as_graph(graph), 0), "cudaGraphInstantiateWithFlags");
  return executable;
}

void launch_executable(int device, void* executable, void* stream) {
  select(device);
  check(cudaGraphLaunch(as_executable(executable), as_stream(stream)), "cudaGraphLaunch");
}

void destroy_executable(int device, void* executable) noexcept {
  if (executable == nullptr || cudaSetDevice(device) != cudaSuccess) return;
  (void)cudaDeviceSynchronize();  // it may be running
  (void)cudaGraphExecDestroy(as_executable(executable));
}

void* record_timed_event(int device, void* stream) noexcept {
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
