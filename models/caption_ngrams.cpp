#include "models/caption_ngrams.h"

#include <algorithm>
#include <bit>

namespace dlcore {

namespace {

// number(n, key) is that of an n-gram, n > 1, and prefetch(n, key) comes before it.
template <class Prefetch, class Number>
NgramCounts count_ngrams(std::span<const std::int32_t> words, Prefetch prefetch, Number number) {
  NgramCounts counts;
  counts.length = static_cast<std::int64_t>(words.size());
  counts.entries.reserve(ngram_orders * words.size());
  std::vector<std::int32_t> numbers(words.begin(), words.end());  // of the n-gram that begins at each word
  for (std::size_t n = 1; n <= ngram_orders; ++n) {
    numbers.resize(words.size() < n ? 0 : words.size() - n + 1);
    const auto key = [&](std::size_t i) {
      return static_cast<std::uint64_t>(numbers[i]) << 32 | static_cast<std::uint32_t>(words[i + n - 1]);
    };
    if (n > 1) {
      for (std::size_t i = 0; i < numbers.size(); ++i) prefetch(n, key(i));
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = number(n, key(i));
    }
    for (const std::int32_t ngram : numbers) {  // captions are short: looking through them is quickest
      const auto own = std::find_if(counts.entries.begin() + counts.begin[n - 1], counts.entries.end(),
                                    [&](const auto& entry) { return entry.ngram == ngram; });
      if (own != counts.entries.end())
        ++own->count;
      else
        counts.entries.push_back({ngram, 1});
    }
    counts.begin[n] = static_cast<std::uint32_t>(counts.entries.size());
  }
  return counts;
}

}  // namespace

std::size_t KeyNumbers::first_slot(std::uint64_t key) const {
  const std::uint64_t mixed = key * 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio: its upper bits depend on all
  return (mixed ^ mixed >> 32) & (slots_.size() - 1);
}

// Its own slot, or the free one where it belongs.
std::size_t KeyNumbers::slot_of(std::uint64_t key) const {
  std::size_t slot = first_slot(key);
  while (slots_[slot].number >= 0 && slots_[slot].key != key) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

void KeyNumbers::reserve(std::size_t keys) {
  const std::size_t count = std::bit_ceil(std::max<std::size_t>(64, keys + keys / 2 + 1));
  if (count <= slots_.size()) return;
  std::vector<Slot> old(count);
  std::swap(old, slots_);
  for (const Slot& slot : old)
    if (slot.number >= 0) slots_[slot_of(slot.key)] = slot;
}

void KeyNumbers::prefetch(std::uint64_t key) const {
  if (!slots_.empty()) __builtin_prefetch(&slots_[first_slot(key)]);
}

std::int32_t KeyNumbers::add(std::uint64_t key) {
  reserve(static_cast<std::size_t>(size_) + 1);
  Slot& slot = slots_[slot_of(key)];
  if (slot.number < 0) slot = {key, size_++};
  return slot.number;
}

std::int32_t KeyNumbers::find(std::uint64_t key) const {
  return slots_.empty() ? -1 : slots_[slot_of(key)].number;
}

void NgramNumbers::reserve(std::size_t words) {
  for (KeyNumbers& each : numbers_) each.reserve(words);
}

NgramCounts NgramNumbers::add(std::span<const std::int32_t> words) {
  for (const std::int32_t word : words) words_ = std::max(words_, word + 1);
  return count_ngrams(
      words, [&](std::size_t n, std::uint64_t key) { numbers_[n - 2].prefetch(key); },
      [&](std::size_t n, std::uint64_t key) { return numbers_[n - 2].add(key); });
}

NgramCounts NgramNumbers::look_up(std::span<const std::int32_t> words) const {
  std::array<KeyNumbers, ngram_orders - 1> others;
  return count_ngrams(
      words, [&](std::size_t n, std::uint64_t key) { numbers_[n - 2].prefetch(key); },
      [&](std::size_t n, std::uint64_t key) {
        const std::int32_t known = numbers_[n - 2].find(key);
        return known >= 0 ? known : size(n) + others[n - 2].add(key);
      });
}

NgramMatcher::NgramMatcher(const NgramNumbers& numbers) {
  for (std::size_t k = 0; k < ngram_orders; ++k)
    places_[k].assign(static_cast<std::size_t>(numbers.size(k + 1)), -1);
}

void NgramMatcher::compare(const NgramCounts& caption) {
  for (std::int32_t* place : taken_) *place = -1;
  taken_.clear();
  caption_ = &caption;
  for (std::size_t k = 0; k < ngram_orders; ++k) {
    const auto entries = caption.order(k);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto ngram = static_cast<std::size_t>(entries[i].ngram);
      if (ngram >= places_[k].size()) continue;  // in no reference
      places_[k][ngram] = static_cast<std::int32_t>(i);
      taken_.push_back(&places_[k][ngram]);
    }
  }
}

}  // namespace dlcore
