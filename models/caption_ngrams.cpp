#include "models/caption_ngrams.h"

#include <algorithm>
#include <utility>

#include "core/cpu.h"

namespace dlcore {

namespace {

// Appends the n-grams of order k, each once. number(key) is that of an n-gram, and prefetch(key) comes before
// it; `keys` is scratch.
template <class Prefetch, class Number>
void count_ngrams(std::span<const std::int32_t> words, std::size_t k, std::vector<NgramTable::Key>& keys,
                  Prefetch prefetch, Number& number, std::vector<NgramCount>& counts) {
  keys.clear();
  const auto word = [&](std::size_t i) { return static_cast<std::uint64_t>(words[i]) + 1; };
  for (std::size_t i = 0; i + k < words.size(); ++i) {
    keys.push_back({word(i) << 32 | (k > 0 ? word(i + 1) : 0),
                    k > 1 ? word(i + 2) << 32 | (k > 2 ? word(i + 3) : 0) : 0});
    prefetch(keys.back());
  }
  const auto first = static_cast<std::ptrdiff_t>(counts.size());
  for (const NgramTable::Key& key : keys) {  // captions are short: looking through them is quickest
    const std::int32_t ngram = number(key);
    const auto own = std::find_if(counts.begin() + first, counts.end(),
                                  [&](const NgramCount& each) { return each.ngram == ngram; });
    if (own != counts.end())
      ++own->count;
    else
      counts.push_back({ngram, 1});
  }
}

}  // namespace

void for_each_order(std::size_t captions, const std::function<void(std::size_t)>& f) {
  constexpr std::size_t few = 500;  // one thread is through with them in a millisecond
  const int threads = captions < few ? 1 : std::min(cpu_threads(), static_cast<int>(ngram_orders));
  in_threads(threads, [&](int thread) {
    for (auto k = static_cast<std::size_t>(thread); k < ngram_orders; k += static_cast<std::size_t>(threads))
      f(k);
  });
}

std::span<const NgramCount> NgramLists::order(std::size_t caption, std::size_t k) const {
  const auto& [counts, begin] = orders_[k];
  return std::span(counts).subspan(begin[caption], begin[caption + 1] - begin[caption]);
}

CaptionNgrams NgramLists::operator[](std::size_t caption) const {
  CaptionNgrams result;
  for (std::size_t k = 0; k < ngram_orders; ++k) result.orders[k] = order(caption, k);
  result.length = lengths_[caption];
  return result;
}

void NgramTable::grow() {
  slots_.assign(std::max<std::size_t>(64, 4 * slots_.size()), -1);
  for (std::size_t i = 0; i < keys_.size(); ++i) slots_[slot_of(keys_[i])] = static_cast<std::int32_t>(i);
}

template <class NumberOf>
NgramLists NgramNumbers::counted(std::span<const CaptionWords> captions, NumberOf number_of) const {
  NgramLists lists;
  for (const CaptionWords& each : captions)
    lists.lengths_.push_back(static_cast<std::int64_t>(each.words.size()));
  for_each_order(captions.size(), [&](std::size_t k) {
    auto number = number_of(k);
    NgramLists::Order order{{}, {0}};
    std::vector<NgramTable::Key> keys;
    for (const CaptionWords& each : captions) {
      count_ngrams(
          each.words, k, keys, [&](const auto& key) { tables_[k].prefetch(key); }, number, order.counts);
      order.begin.push_back(order.counts.size());
    }
    lists.orders_[k] = std::move(order);
  });
  return lists;
}

NgramLists NgramNumbers::add(std::span<const CaptionWords> captions) {
  return counted(captions, [&](std::size_t k) {
    return [&table = tables_[k]](const NgramTable::Key& key) { return table.add(key); };
  });
}

NgramLists NgramNumbers::look_up(std::span<const CaptionWords> captions) const {
  return counted(captions, [&](std::size_t k) {
    return [&table = tables_[k], others = NgramTable()](const NgramTable::Key& key) mutable {
      const std::int32_t known = table.find(key);
      return known >= 0 ? known : table.size() + others.add(key);
    };
  });
}

NgramMatcher::NgramMatcher(const NgramNumbers& numbers) {
  for (std::size_t k = 0; k < ngram_orders; ++k)
    places_[k].assign(static_cast<std::size_t>(numbers.size(k)), -1);
}

void NgramMatcher::compare(const CaptionNgrams& caption) {
  for (std::int32_t* place : taken_) *place = -1;
  taken_.clear();
  caption_ = caption;
  for (std::size_t k = 0; k < ngram_orders; ++k)
    for (std::size_t i = 0; i < caption.orders[k].size(); ++i) {
      const auto ngram = static_cast<std::size_t>(caption.orders[k][i].ngram);
      if (ngram >= places_[k].size()) continue;  // in no reference
      places_[k][ngram] = static_cast<std::int32_t>(i);
      taken_.push_back(&places_[k][ngram]);
    }
}

}  // namespace dlcore
