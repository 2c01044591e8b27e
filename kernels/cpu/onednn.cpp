#include "kernels/cpu/onednn.h"

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

dnnl::memory onednn_wrap(const dnnl::memory::desc& description) {
  return {description, onednn_engine(), DNNL_MEMORY_NONE};
}

}  // namespace dlcore::kernels
