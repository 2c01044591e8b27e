#include "models/data_loader.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace dlcore {

DataLoader::DataLoader(const CaptionSplit& split, std::int32_t null_index, const Options& options)
    : split_(split),
      null_index_(null_index),
      options_(options),
      count_(options.limit > 0 ? std::min(options.limit, split.count()) : split.count()) {
  require(options.batch >= 1, "the batch must have at least 1 caption, not {}", options.batch);
  require(batches() >= 1, "{} captions make no full batch of {}: make it smaller, or keep the last batch",
          count_, options.batch);
  const std::int64_t N = std::min(options.batch, count_);
  const std::int64_t D = split.images.features.row_size();
  slots_.resize(static_cast<std::size_t>(std::max<std::int64_t>(options.read_ahead, 2)));
  const Shape tokens{N * (split.length - 1)};
  for (std::size_t i = 0; i < slots_.size(); ++i)
    memory_.push_back({Tensor({N, D}, DType::float32), Tensor(tokens, DType::int32),
                       Tensor(tokens, DType::int32), Tensor(tokens, DType::int32),
                       Tensor(tokens, DType::int32)});
}

DataLoader::~DataLoader() {
  stop();
}

std::int64_t DataLoader::batches() const {
  return options_.drop_last ? count_ / options_.batch : (count_ + options_.batch - 1) / options_.batch;
}

std::int64_t DataLoader::captions() const {
  return options_.drop_last ? batches() * options_.batch : count_;
}

void DataLoader::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (reader_.joinable()) reader_.join();
}

void DataLoader::start(std::int64_t epoch) {
  stop();
  std::vector<std::int64_t> order;
  if (options_.shuffle) {
    order = Random(options_.seed, static_cast<std::uint64_t>(epoch)).permutation(count_);
  } else {
    order.resize(static_cast<std::size_t>(count_));
    std::iota(order.begin(), order.end(), 0);
  }
  order.resize(static_cast<std::size_t>(captions()));
  stopping_ = false;
  finished_ = false;
  failure_ = nullptr;
  holds_current_ = false;
  ready_.clear();
  free_.clear();
  for (std::size_t i = 0; i < slots_.size(); ++i) free_.push_back(i);
  reader_ = std::thread([this, rows = std::move(order)]() mutable { produce(std::move(rows)); });
}

void DataLoader::produce(std::vector<std::int64_t> order) {
  std::exception_ptr failure;
  try {
    const auto batch = static_cast<std::size_t>(options_.batch);
    for (std::size_t begin = 0; begin < order.size(); begin += batch) {
      std::size_t slot = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !free_.empty(); });
        if (stopping_) return;
        slot = free_.front();
        free_.pop_front();
      }
      fill(slots_[slot], std::span(order).subspan(begin, std::min(batch, order.size() - begin)));
      {
        const std::scoped_lock lock(mutex_);
        ready_.push_back(slot);
      }
      changed_.notify_all();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::scoped_lock lock(mutex_);
    failure_ = failure;
    finished_ = true;
  }
  changed_.notify_all();
}

void DataLoader::fill(CaptionBatch& batch, std::span<const std::int64_t> rows) {
  const auto slot = static_cast<std::size_t>(&batch - slots_.data());
  std::vector<std::span<const std::int32_t>> captions;
  captions.reserve(rows.size());
  for (const auto row : rows) captions.push_back(split_.caption(row));
  const PackedOrder packed = pack_captions(captions, null_index_);
  const std::int64_t N = packed.packing.batch();
  const std::int64_t tokens = packed.packing.tokens();
  batch.packing = packed.packing;
  const SlotMemory& memory = memory_[slot];
  batch.features = memory.features.rows(0, N);
  batch.inputs = memory.inputs.rows(0, tokens);
  batch.targets = memory.targets.rows(0, tokens);
  batch.word_rows = memory.word_rows.rows(0, tokens);
  const std::int64_t distinct =
      write_packed_words(packed, captions,
                         {memory.inputs.data<std::int32_t>(), memory.targets.data<std::int32_t>(),
                          memory.words.data<std::int32_t>(), memory.word_rows.data<std::int32_t>()});
  batch.words = memory.words.rows(0, distinct);
  batch.rows.clear();
  batch.images.clear();
  std::vector<std::int64_t> image_rows;
  for (const auto position : packed.order) {
    const std::int64_t row = rows[static_cast<std::size_t>(position)];
    batch.rows.push_back(row);
    batch.images.push_back(split_.image_idxs[static_cast<std::size_t>(row)]);
    image_rows.push_back(batch.images.back());
  }
  split_.images.features.read(image_rows, batch.features.data<float>());
}

const CaptionBatch* DataLoader::next() {
  std::unique_lock lock(mutex_);
  if (holds_current_) {
    free_.push_back(current_);
    holds_current_ = false;
    changed_.notify_all();
  }
  if (ready_.empty() && !finished_) {
    const auto begin = std::chrono::steady_clock::now();
    changed_.wait(lock, [this] { return !ready_.empty() || finished_; });
    seconds_waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  if (ready_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return nullptr;
  }
  current_ = ready_.front();
  ready_.pop_front();
  holds_current_ = true;
  return &slots_[current_];
}

}  // namespace dlcore
