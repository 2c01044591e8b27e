// Batches of inputs with targets, epoch after epoch, read ahead by a thread of its own so that a training
// step does not wait.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"
#include "io/example_data.h"
#include "models/read_ahead.h"

namespace dlcore {

/// N examples.
struct ExampleBatch {
  Tensor inputs;                   // (N, ...) in the model's type
  Tensor targets;                  // (N) int32 classes; or (N, ...) numbers, in float32 beside bfloat16
  std::vector<std::int64_t> rows;  // (N): which example of the split each one is

  std::int64_t count() const { return static_cast<std::int64_t>(rows.size()); }
};

class ExampleLoader {
 public:
  struct Options {
    std::int64_t batch = 250;  // examples
    bool shuffle = false;      // a new order every epoch, a function of (seed, epoch)
    bool drop_last = false;    // leave out a last batch that is not full
    std::uint64_t seed = 0;
    std::int64_t limit = 0;       // only the first so many examples; 0: all
    std::int64_t read_ahead = 3;  // batches in memory
    DType type = DType::float32;  // of the inputs
  };

  /// `split` must outlive the loader; `target_shape` is that of its data, rank 0 for classes. Batches are for
  /// the work queued on `consumer`, on whose device they are: the reading thread has copied them there.
  /// Throws Error when no batch can be made.
  ExampleLoader(const ExampleSplit& split, const Shape& target_shape, const Options& options,
                const Stream& consumer = {});

  /// Starts over with the batches of epoch 1, 2, ..., without the first `done` of them.
  void start(std::int64_t epoch, std::int64_t done = 0);
  /// The next batch; nullptr at the end of the epoch. It is valid until the next call, and for what is queued
  /// on the consumer until then. Throws the Error that the reading thread met.
  const ExampleBatch* next();

  std::int64_t batches() const;   // per epoch
  std::int64_t examples() const;  // per epoch
  const Options& options() const { return options_; }
  std::int64_t batch_size() const { return options_.batch; }
  double seconds_waited() const { return ahead_.seconds_waited(); }  // in next(), for data that was not ready

 private:
  struct Memory {  // for a full batch
    Tensor inputs, targets;
  };
  struct Slot {
    ExampleBatch batch;   // views of its memory
    Memory host, device;  // device: undefined on a CPU
  };

  std::vector<std::int64_t> order_of(std::int64_t epoch) const;
  ReadAhead::Copies fill(Slot& slot, std::span<const std::int64_t> rows);
  void fill_targets(std::span<const std::int64_t> rows, const Tensor& targets) const;

  const ExampleSplit& split_;
  Options options_;
  std::int64_t selected_;  // the first so many examples are in use
  std::vector<Slot> slots_;
  std::vector<float> floats_;  // the reading thread's: inputs before they get their type
  ReadAhead ahead_;
};

}  // namespace dlcore
