// The workloads of dlcore_bench.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/stream.h"
#include "models/captioner.h"

namespace dlcore {

/// The report's sizes, unless others are asked for.
struct BenchSizes {
  std::int64_t batch =
      0;  // 0: 250 captions from features, 1 and 32 pictures, 50 captions from as many pictures
  std::int64_t tokens = 17;  // of a caption, <START> and <END> among them
  std::int64_t wordvec = 256;
  std::int64_t hidden = 512;
  std::int64_t vocabulary = 1004;
  std::int64_t image_size = 0;  // 0: 224 for inference, 112 for training
  bool persistent_rnn = true;   // not a size: all steps of a recurrent layer in one kernel, where that fits
};

struct BenchWork {
  std::string name;
  // Floating-point operations of all products and convolutions of one run, without padding; 0: a single
  // kernel, as the profile counts them.
  double flop;
  std::function<void()> run;  // queues one optimiser step, say, on the stream
  const char* system = "dlcore";
};

struct BenchMaker {
  std::string name;
  std::function<BenchWork(const BenchSizes&, DType, const Stream&)> make;
};

std::vector<BenchMaker> captioning_work();  // rnn_train, greedy_rnn, beam_rnn, and those of lstm
std::vector<BenchMaker> picture_work();     // regnet_fwd_1, regnet_fwd_32, regnet_train, e2e_train
std::vector<BenchMaker> kernel_work();      // kernel_gemm_recurrent, ..., kernel_transpose
std::vector<BenchMaker> recurrent_work();   // recurrent_rnn, recurrent_lstm
std::vector<BenchMaker>
cudnn_work();  // cudnn_rnn, ...: recurrent_rnn, ... by cuDNN; in a build with CUDA only

/// Every workload that one of the names means: its own name, or the beginning of several ("greedy",
/// "kernel"); without a name those of whole models. Throws Error for a name that means none.
std::vector<BenchMaker> find_bench_work(const std::vector<std::string>& names);

/// What the benches caption, from features [400, 4, 4].
CaptionerConfig bench_captioner(const std::string& cell, const BenchSizes& sizes);
CaptionBatch draw_bench_batch(std::int64_t N, const BenchSizes& sizes, const CaptionerConfig& config,
                              DType type, Device device);
/// What a recurrent layer works on in recurrent_work() and cudnn_work().
struct RecurrentOperands {
  RecurrentOperands(const std::string& cell, const BenchSizes& sizes, DType type, Device device);

  Packing packing;   // of captions
  Tensor x, h0, dh;  // (tokens, D), (N, H), (tokens, H)
  double flop;       // forward and backward
};

/// FLOP of a training step of a captioner, the gradient of the features not counted.
double captioner_flop(const CaptionerConfig& config, const CaptionBatch& batch);

/// Normal numbers. Those of a large tensor are its first ones over and over: to draw all of a GPU's on the
/// host would take minutes.
Tensor random_tensor(const Stream& stream, const Shape& shape, DType type, std::uint64_t seed);

/// GFLOP/s of a large matrix product of this type on this device, the best of several: the peak that work is
/// measured against.
double measure_gemm_peak(DType type, const Stream& stream);
/// GB/s read and written by y := factor x of tensors that no cache holds, the best of several.
double measure_bandwidth(DType type, const Stream& stream);

}  // namespace dlcore
