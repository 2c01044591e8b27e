// What core needs of a GPU runtime, and nothing more. Implemented by cuda_backend.cpp in a build with the
// CUDA toolkit, by no_cuda_backend.cpp in one without. Internal to core; failures throw Error.
#pragma once

#include <cstddef>
#include <string>

namespace dlcore::backend {

int device_count();
std::string device_name(int device);
void memory_info(int device, std::size_t& free_bytes, std::size_t& total_bytes);

void* allocate(int device, std::size_t bytes);  // nullptr: out of memory
void release(int device, void* pointer);

void* create_stream(int device);
void destroy_stream(int device, void* stream);
void synchronize_stream(int device, void* stream);
void synchronize_device(int device);

/// Copies between any two places (host or GPU, pointers are told apart by the driver), ordered on `stream`.
/// Returns when a copy that involves pageable host memory is complete.
void copy(int device, void* destination, const void* source, std::size_t bytes, void* stream);
void fill_zero(int device, void* destination, std::size_t bytes, void* stream);

/// Host memory that the GPU copies from and to by itself, while the host goes on; nullptr: none to be had.
void* allocate_host(int device, std::size_t bytes) noexcept;
void release_host(int device, void* pointer) noexcept;

/// A point in the work of a stream, without and with its time.
void* create_event(int device);
void record_event(int device, void* event, void* stream);
void hold_stream(int device, void* stream, void* event);  // until the event's point is passed
void synchronize_event(int device, void* event);
void destroy_event(int device, void* event) noexcept;

/// What is queued on a stream between these two is recorded, not run: as a graph, or nullptr where something
/// could not be recorded.
void begin_recording(int device, void* stream);
void* end_recording(int device, void* stream) noexcept;
void destroy_graph(int device, void* graph) noexcept;
/// What runs a graph.
void* make_executable(int device, void* graph);
void launch_executable(int device, void* executable, void* stream);
void destroy_executable(int device, void* executable) noexcept;

/// nullptr where it could not be made, which seconds_between reports.
void* record_timed_event(int device, void* stream) noexcept;
/// Between two points that the stream has passed.
double seconds_between(int device, void* begin, void* end);

}  // namespace dlcore::backend
