// The n-grams of captions as numbers, n = 1 to 4, and how often each comes. Each order k = n - 1 has numbers
// and a table of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "models/caption_words.h"

namespace dlcore {

inline constexpr std::size_t ngram_orders = 4;

/// f(k) for each order, in several threads where there are captions enough to be worth them.
void for_each_order(std::size_t captions, const std::function<void(std::size_t)>& f);

struct NgramCount {
  std::int32_t ngram;
  std::int32_t count;
};

/// The n-grams of a caption: a view of NgramLists.
struct CaptionNgrams {
  std::array<std::span<const NgramCount>, ngram_orders> orders;  // each n-gram once, in the order of the text
  std::int64_t length = 0;                                       // words
};

/// The n-grams of captions, one caption after the other.
class NgramLists {
 public:
  std::size_t size() const { return lengths_.size(); }
  std::span<const NgramCount> order(std::size_t caption, std::size_t k) const;
  CaptionNgrams operator[](std::size_t caption) const;

 private:
  friend class NgramNumbers;
  struct Order {
    std::vector<NgramCount> counts;
    std::vector<std::size_t> begin;  // of each caption's, and the end
  };

  std::array<Order, ngram_orders> orders_;
  std::vector<std::int64_t> lengths_;
};

/// Numbers of the n-grams of one order, from 0 on in the order in which they come. Inline: a function of a
/// shared library is not inlined otherwise, and these are called for each n-gram.
class NgramTable {
 public:
  /// An n-gram of order k: the number of its first k words among those of order k - 1, and its last word.
  /// This is half of what four words take, and tables that no cache holds are what counting n-grams waits
  /// for.
  using Key = std::uint64_t;
  static Key key(std::int32_t first_words, std::int32_t last_word) {
    return static_cast<std::uint64_t>(first_words) << 32 | static_cast<std::uint32_t>(last_word);
  }

  std::int32_t add(Key key) {
    if (2 * keys_.size() >= slots_.size()) grow();
    std::int32_t& number = slots_[slot_of(key)];
    if (number < 0) {
      number = size();
      keys_.push_back(key);
    }
    return number;
  }
  /// -1: was never added.
  std::int32_t find(Key key) const { return slots_.empty() ? -1 : slots_[slot_of(key)]; }
  /// Brings a key's place near, for an add or find that follows.
  void prefetch(Key key) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[first_slot(key)]);
  }
  std::int32_t size() const { return static_cast<std::int32_t>(keys_.size()); }

 private:
  std::size_t first_slot(Key key) const {
    constexpr std::uint64_t factor =
        0x9E3779B97F4A7C15u;  // 2^64 / golden ratio: the upper bits depend on all
    const std::uint64_t mixed = key * factor;
    return (mixed ^ mixed >> 32) & (slots_.size() - 1);
  }
  // Its own slot, or the free one where it belongs.
  std::size_t slot_of(Key key) const {
    std::size_t slot = first_slot(key);
    while (slots_[slot] >= 0 && keys_[static_cast<std::size_t>(slots_[slot])] != key)
      slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  void grow();

  std::vector<Key> keys_;            // by number
  std::vector<std::int32_t> slots_;  // numbers, -1: free; a power of two of them, at most half are taken
};

class NgramNumbers {
 public:
  NgramLists add(std::span<const CaptionWords> captions);
  /// N-grams that were never added get numbers from size(k) on, which mean something in this result only.
  NgramLists look_up(std::span<const CaptionWords> captions) const;

  std::int32_t size(std::size_t k) const { return tables_[k].size(); }

 private:
  /// number(k, key) is that of an n-gram of order k.
  template <class Number>
  NgramLists counted(std::span<const CaptionWords> captions, Number number) const;

  std::array<NgramTable, ngram_orders> tables_;
};

/// Which of a caption's n-grams are in references. Holds a place for each n-gram of `numbers`: for many
/// captions, one after the other.
class NgramMatcher {
 public:
  explicit NgramMatcher(const NgramNumbers& numbers);

  /// The caption that is compared from now on; its lists have to stay.
  void compare(const CaptionNgrams& caption);
  const CaptionNgrams& caption() const { return caption_; }

  /// Calls f(i, count) for each n-gram of order k that both have: i is its index in caption().orders[k],
  /// count is how often the reference has it.
  template <class F>
  void for_each_match(const CaptionNgrams& reference, std::size_t k, F f) const {
    for (const NgramCount& each : reference.orders[k])
      if (const std::int32_t place = places_[k][static_cast<std::size_t>(each.ngram)]; place >= 0)
        f(static_cast<std::size_t>(place), each.count);
  }

 private:
  CaptionNgrams caption_;
  std::array<std::vector<std::int32_t>, ngram_orders>
      places_;                        // [k][n-gram]: its index, -1: not in the caption
  std::vector<std::int32_t*> taken_;  // the places that are not -1
};

}  // namespace dlcore
