// Gathering rows of a table, and the deterministic gradient of that.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y[k] = table[row[k]].  table: (rows, cols); row: (n) int32; y: (n, cols). A row index outside 0..rows-1
/// gives NaN.
DLCORE_KERNEL(gather_rows, const T* table, const std::int32_t* row, T* y, std::int64_t n, std::int64_t rows,
              std::int64_t cols)

/// dtable[row[k]] += dy[k], all k of one table row added in the order of k. `order` sorts `row`, equal ones
/// in order of k (see sort_rows), so that each table row is written by one team.  order: (n) int32; dy: (n,
/// cols); dtable: (rows, cols), accumulated. Indices outside 0..rows-1 are left out.
DLCORE_KERNEL(scatter_add_rows, const std::int32_t* row, const std::int32_t* order, const T* dy, T* dtable,
              std::int64_t n, std::int64_t rows, std::int64_t cols)

/// order := the stable sorting permutation of row[0..n-1].  row, order: int32 tensors of n elements on the
/// stream's device. Scratch comes from the stream's workspace. Standard library on the CPU, CUB on the GPU.
void sort_rows(const Stream& stream, const Tensor& row, const Tensor& order);

}  // namespace dlcore::kernels
