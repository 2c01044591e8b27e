// The two routes of sort_rows. Internal to kernels.
#pragma once

#include <cstdint>

#include "core/stream.h"

namespace dlcore::kernels {

void sort_rows_cpu(const Stream& stream, const std::int32_t* row, std::int32_t* order, std::int64_t n);
void sort_rows_cuda(const Stream& stream, const std::int32_t* row, std::int32_t* order, std::int64_t n);

}  // namespace dlcore::kernels
