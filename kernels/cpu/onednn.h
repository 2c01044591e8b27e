// What the oneDNN routes share.
#pragma once

#include <dnnl_version.h>
#include <dnnl.hpp>

#include "core/dtype.h"

namespace dlcore::kernels {

const dnnl::engine& onednn_engine();
dnnl::stream& onednn_stream();  // of the calling thread

/// Of float32 or bfloat16.
dnnl::memory::data_type onednn_type(DType type);

/// Memory that is pointed to later.
dnnl::memory onednn_wrap(const dnnl::memory::desc& description);

/// To be called before a primitive is made. Error where memory is short: the library would crash.
void onednn_require_memory();

/// Attributes of a primitive that is given its scratch memory with each call. Left to itself each primitive
/// keeps its own: 300 to 600 kB for a product of 250 rows, and there is one for every number of rows.
dnnl::primitive_attr onednn_attributes();
/// Scratch memory as described, of the calling thread: for one call.
dnnl::memory onednn_scratch(const dnnl::memory::desc& description);

// A primitive holds tens of kilobytes of generated code, and batches of captions bring ever new sizes:
// a route keeps so many in each thread, those that it used last.
inline constexpr std::size_t onednn_kept_primitives = 1024;

}  // namespace dlcore::kernels
