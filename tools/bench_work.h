// The workloads of dlcore_bench, with the sizes of the report: batch 250, captions of 17 tokens, word vectors
// 256, hidden 512, vocabulary 1004, features 400 x 4 x 4.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/stream.h"

namespace dlcore {

struct BenchWork {
  std::string name;
  double flop;                // floating-point operations of all matrix products of one run, without padding
  std::function<void()> run;  // one optimiser step, or one decoding of a batch; ends when the device is done
};

std::vector<std::string> bench_work_names();

/// Throws Error for an unknown name.
BenchWork make_bench_work(const std::string& name, DType type, const Stream& stream);

/// GFLOP/s of a large matrix product of this type on this device, the best of several: the peak that work is
/// measured against.
double measure_gemm_peak(DType type, const Stream& stream);

}  // namespace dlcore
