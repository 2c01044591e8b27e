// What a profile of training steps says: a table of layers, one of kernels, and a trace.
#pragma once

#include <string>
#include <vector>

#include "core/profile.h"

namespace dlcore {

/// Per step, the layers that take the longest, and what of a step is in none: time forward and backward,
/// share of the step, operations and bytes of its kernels. Spans are those of phases named "step".
std::string layer_table(const std::vector<Profile::Span>& spans);

/// Per step, the kernels by name: calls, time, share, operations, bytes, and the rates that they reach; then
/// what is outside of all of them.
std::string kernel_table(const std::vector<Profile::Span>& spans);

/// The spans as JSON in the Trace Event Format, which https://ui.perfetto.dev and chrome://tracing open.
std::string trace_json(const std::vector<Profile::Span>& spans);

}  // namespace dlcore
