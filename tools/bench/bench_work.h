// The workloads of dlcore_bench. Sizes are the report's: captions of 17 tokens, word vectors 256, hidden 512,
// vocabulary 1004, features 400 x 4 x 4; 250 captions from features, 50 from pictures of 112 x 112.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/stream.h"
#include "models/captioner.h"

namespace dlcore {

struct BenchWork {
  std::string name;
  double flop;  // floating-point operations of all products and convolutions of one run, without padding
  std::function<void()> run;  // one optimiser step, say; ends when the device is done
};

struct BenchMaker {
  std::string name;
  std::function<BenchWork(DType, const Stream&)> make;
};

std::vector<BenchMaker> captioning_work();  // rnn_train, greedy_rnn, lstm_train, greedy_lstm
std::vector<BenchMaker> picture_work();     // regnet_fwd_1, regnet_fwd_32, regnet_train, e2e_train

/// Every workload that one of the names means: its own name, or the beginning of several ("greedy"). Throws
/// Error for a name that means none.
std::vector<BenchMaker> find_bench_work(const std::vector<std::string>& names);

/// What the benches caption: N captions of the report's sizes, features [400, 4, 4].
CaptionerConfig bench_captioner(const std::string& cell);
CaptionBatch draw_bench_batch(std::int64_t N, DType type, Device device);
/// FLOP of a training step of that captioner, the gradient of the features not counted.
double captioner_flop(const std::string& cell, const CaptionBatch& batch);

/// GFLOP/s of a large matrix product of this type on this device, the best of several: the peak that work is
/// measured against.
double measure_gemm_peak(DType type, const Stream& stream);

}  // namespace dlcore
