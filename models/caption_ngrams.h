// The n-grams of captions as numbers, n = 1 to 4, and how often each comes.
//
// The number of an n-gram stands for the pair of its first n-1 words' number and its last word, so that no
// two n-grams share one; that of a single word is the word's own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dlcore {

inline constexpr std::size_t ngram_orders = 4;

struct NgramCounts {
  struct Entry {
    std::int32_t ngram;
    std::int32_t count;
  };
  std::vector<Entry> entries;                           // of all orders, one after the other
  std::array<std::uint32_t, ngram_orders + 1> begin{};  // where each order's entries begin, and the end
  std::int64_t length = 0;                              // words

  /// The n-grams of n = k + 1 words, each once.
  std::span<const Entry> order(std::size_t k) const {
    return std::span(entries).subspan(begin[k], begin[k + 1] - begin[k]);
  }
};

/// Numbers of 64-bit keys, from 0 on in the order in which they come.
class KeyNumbers {
 public:
  std::int32_t add(std::uint64_t key);
  std::int32_t find(std::uint64_t key) const;  // -1: was never added
  /// Brings a key's place near, for an add or find that follows: a large table is in no cache.
  void prefetch(std::uint64_t key) const;
  void reserve(std::size_t keys);
  std::int32_t size() const { return size_; }

 private:
  struct Slot {
    std::uint64_t key;
    std::int32_t number = -1;  // -1: free
  };

  std::size_t first_slot(std::uint64_t key) const;
  std::size_t slot_of(std::uint64_t key) const;

  std::int32_t size_ = 0;
  std::vector<Slot> slots_;  // a power of two of them, at most two thirds are taken
};

class NgramNumbers {
 public:
  /// Space for texts of so many words together, so that the tables need not grow.
  void reserve(std::size_t words);
  /// `words`: numbers from 0 on. New n-grams get the next numbers of their order.
  NgramCounts add(std::span<const std::int32_t> words);
  /// N-grams that were never added get numbers that mean something in this caption only: not below size(n).
  NgramCounts look_up(std::span<const std::int32_t> words) const;

  /// One more than the highest number of an n-gram that was added.
  std::int32_t size(std::size_t n) const { return n == 1 ? words_ : numbers_[n - 2].size(); }

 private:
  std::int32_t words_ = 0;
  std::array<KeyNumbers, ngram_orders - 1> numbers_;  // [n - 2]
};

/// Which of a caption's n-grams are in references. Holds a place for each n-gram of `numbers`: for many
/// captions, one after the other.
class NgramMatcher {
 public:
  explicit NgramMatcher(const NgramNumbers& numbers);

  /// The caption that is compared from now on; it has to stay.
  void compare(const NgramCounts& caption);
  const NgramCounts& caption() const { return *caption_; }

  /// Calls f(i, count) for each n-gram of n = k + 1 words that both have: i is its index in
  /// caption().order(k), count is how often the reference has it.
  template <class F>
  void for_each_match(const NgramCounts& reference, std::size_t k, F f) const {
    for (const NgramCounts::Entry& entry : reference.order(k))
      if (const std::int32_t place = places_[k][static_cast<std::size_t>(entry.ngram)]; place >= 0)
        f(static_cast<std::size_t>(place), entry.count);
  }

 private:
  const NgramCounts* caption_ = nullptr;
  std::array<std::vector<std::int32_t>, ngram_orders>
      places_;                        // [k][n-gram]: its index, -1: not in the caption
  std::vector<std::int32_t*> taken_;  // the places that are not -1
};

}  // namespace dlcore
