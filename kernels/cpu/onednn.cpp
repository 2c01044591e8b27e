#include "kernels/cpu/onednn.h"

#include <sys/mman.h>

#include "core/error.h"
#include "core/tensor.h"

namespace dlcore::kernels {

const dnnl::engine& onednn_engine() {
  static const dnnl::engine one = [] {
    dnnl::set_primitive_cache_capacity(0);  // it would keep what the routes have given up
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return one;
}

dnnl::stream& onednn_stream() {
  thread_local dnnl::stream one(onednn_engine());
  return one;
}

dnnl::memory::data_type onednn_type(DType type) {
  return type == DType::float32 ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16;
}

void onednn_require_memory() {
  // Its code generator (Xbyak) uses what malloc gave it without a look. Making a primitive takes less than
  // this.
  constexpr std::size_t enough = std::size_t{16} << 20;
  void* const room = ::mmap(nullptr, enough, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(room != MAP_FAILED, "out of memory on cpu: there is no room for the code that oneDNN generates");
  ::munmap(room, enough);
}

dnnl::primitive_attr onednn_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::memory onednn_scratch(const dnnl::memory::desc& description) {
  thread_local Tensor scratch;  // the largest so far
  const auto bytes = static_cast<std::int64_t>(description.get_size());
  if (bytes == 0) return {};
  constexpr auto word = static_cast<std::int64_t>(sizeof(std::int64_t));
  if (!scratch.defined() || static_cast<std::int64_t>(scratch.bytes()) < bytes) {
    scratch = Tensor();
    scratch = Tensor({(bytes + word - 1) / word}, DType::int64);
  }
  return {description, onednn_engine(), scratch.raw()};
}

dnnl::memory onednn_wrap(const dnnl::memory::desc& description) {
  return {description, onednn_engine(), DNNL_MEMORY_NONE};
}

}  // namespace dlcore::kernels
