// Layout of a batch of sequences of different lengths without padding.
//
// Sequences are sorted by falling length and stored time-major: first the elements of step 0 of all
// sequences, then those of step 1 of the first size(1) sequences, and so on. A packed tensor is (tokens,
// ...), row offset(t) + r being step t of sequence r. Nothing is ever computed for a position past the end of
// its sequence.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dlcore {

class Packing {
 public:
  /// lengths: (N), falling; zeros at the end are allowed. Throws Error when they are not sorted or negative.
  static Packing from_lengths(std::span<const std::int64_t> lengths);
  /// N sequences of T steps each.
  static Packing full(std::int64_t N, std::int64_t T);

  std::int64_t batch() const { return batch_; }  // N
  std::int64_t steps() const { return static_cast<std::int64_t>(sizes_.size()); }
  std::int64_t tokens() const { return offsets_.empty() ? 0 : offsets_.back() + sizes_.back(); }
  std::span<const std::int64_t> sizes() const { return sizes_; }  // of all steps
  std::int64_t size(std::int64_t t) const {
    return sizes_[static_cast<std::size_t>(t)];
  }  // sequences in step t
  std::int64_t offset(std::int64_t t) const {
    return offsets_[static_cast<std::size_t>(t)];
  }  // first row of step t

 private:
  std::int64_t batch_ = 0;
  std::vector<std::int64_t> sizes_;
  std::vector<std::int64_t> offsets_;
};

}  // namespace dlcore
