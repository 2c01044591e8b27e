#include "core/backend.h"
#include "core/error.h"

namespace dlcore::backend {
namespace {
[[noreturn]] void absent() {
  fail("this build of dlcore has no CUDA");
}
}  // namespace

int device_count() {
  return 0;
}
std::string device_name(int) {
  absent();
}
void memory_info(int, std::size_t&, std::size_t&) {
  absent();
}
void* allocate(int, std::size_t) {
  absent();
}
void release(int, void*) {
  absent();
}
void* create_stream(int) {
  absent();
}
void destroy_stream(int, void*) {
  absent();
}
void synchronize_stream(int, void*) {
  absent();
}
void synchronize_device(int) {
  absent();
}
void copy(int, void*, const void*, std::size_t, void*) {
  absent();
}
void fill_zero(int, void*, std::size_t, void*) {
  absent();
}
void* allocate_host(int, std::size_t) noexcept {
  return nullptr;
}
void release_host(int, void*) noexcept {}
void* create_event(int) {
  absent();
}
void record_event(int, void*, void*) {
  absent();
}
void hold_stream(int, void*, void*) {
  absent();
}
void synchronize_event(int, void*) {
  absent();
}
void begin_recording(int, void*) {
  absent();
}
void* end_recording(int, void*) noexcept {
  return nullptr;
}
void destroy_graph(int, void*) noexcept {}
void* make_executable(int, void*) {
  absent();
}
void launch_executable(int, void*, void*) {
  absent();
}
void destroy_executable(int, void*) noexcept {}
void* record_timed_event(int, void*) noexcept {
  return nullptr;
}
void destroy_event(int, void*) noexcept {}
double seconds_between(int, void*, void*) {
  absent();
}

}  // namespace dlcore::backend
