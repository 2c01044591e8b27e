// Batches of one epoch after another, read ahead by a thread of its own so that a training step does not
// wait.
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "io/caption_data.h"
#include "models/caption_batch.h"
#include "models/read_ahead.h"

namespace dlcore {

class DataLoader {
 public:
  struct Options {
    std::int64_t batch = 250;     // captions
    bool shuffle = false;         // a new order every epoch, a function of (seed, epoch)
    bool group_captions = false;  // of pictures, with their captions one after another
    bool drop_last = false;       // leave out a last batch that is not full
    std::uint64_t seed = 0;
    std::int64_t captions_per_image = 0;  // only the first so many captions of each image; 0: all
    std::int64_t limit = 0;               // of these, only the first so many; 0: all
    std::int64_t captions_sampled = 0;    // of these, so many of each image, drawn anew every epoch; 0: all
    std::int64_t read_ahead = 3;          // batches in memory
    DType type = DType::float32;          // of the features
    // Of pictures, whose normalised pixels are the batch's features then:
    bool pictures = false;
    std::int64_t crop = 0;  // side of the piece that is taken; 0: the whole picture
    bool augment = false;   // the piece from a random place, else from the middle
    bool flip = false;      // and mirrored half of the time; both functions of (seed, epoch, position)
    bool once = false;      // each picture of a batch once, with picture_rows; and of an epoch the same of it
  };

  /// `split` must outlive the loader. Batches are for the work queued on `consumer`, on whose device they
  /// are: the reading thread has copied them there. Throws Error when no batch can be made.
  DataLoader(const CaptionSplit& split, std::int32_t null_index, const Options& options,
             const Stream& consumer = {});

  /// Starts over with the batches of epoch 1, 2, ..., without the first `done` of them.
  void start(std::int64_t epoch, std::int64_t done = 0);
  /// Rows of features, or pictures, that a batch has at most.
  std::int64_t feature_rows() const { return feature_rows_; }
  /// Side of the pictures that batches hold, (N, S, S, 3); 0 where they hold features.
  std::int64_t picture_side() const { return picture_side_; }
  /// The next batch; nullptr at the end of the epoch. It is valid until the next call, and for what is queued
  /// on the consumer until then. Throws the Error that the reading thread met.
  const CaptionBatch* next();

  std::int64_t batches() const;   // per epoch
  std::int64_t captions() const;  // per epoch
  const Options& options() const { return options_; }
  std::int64_t batch_size() const { return options_.batch; }
  std::int64_t caption_length() const { return split_.length; }      // T
  double seconds_waited() const { return ahead_.seconds_waited(); }  // in next(), for data that was not ready

 private:
  struct Memory {  // for a full batch
    Tensor features, inputs, targets, words, word_rows, picture_rows;
  };
  struct Slot {
    CaptionBatch batch;   // views of its memory
    Memory host, device;  // device: undefined on a CPU
  };

  ReadAhead::Copies fill(Slot& slot, std::span<const std::int64_t> rows, std::uint64_t position);
  void read_features(const std::vector<std::int64_t>& images, std::uint64_t position, const Tensor& features);
  void cut_pictures(const std::vector<std::int64_t>& images, std::uint64_t position, float* place) const;
  std::vector<std::int64_t> order_of(std::int64_t epoch) const;
  std::vector<std::int64_t> captions_of_epoch(Random& random) const;

  const CaptionSplit& split_;
  std::int32_t null_index_;
  Options options_;
  std::vector<std::int64_t> selection_;  // rows of the captions in use
  std::int64_t of_epoch_;                // how many of them an epoch takes
  std::int64_t feature_rows_ = 0;
  std::int64_t picture_side_ = 0;  // of what batches hold; 0: features
  std::uint64_t epoch_ = 1;

  std::vector<Slot> slots_;
  // The reading thread's: pixels of a batch as they are stored, and features before they get their type.
  std::vector<float> pixels_, floats_;
  ReadAhead ahead_;
};

}  // namespace dlcore
