#include "models/caption_ngrams.h"

#include <algorithm>
#include <utility>

#include "core/cpu.h"

namespace dlcore {

namespace {

// Appends n-grams of a caption, by number, each once: captions are short, and looking through them is
// quickest.
void count_numbers(std::span<const std::int32_t> numbers, std::vector<NgramCount>& counts) {
  const auto first = static_cast<std::ptrdiff_t>(counts.size());
  for (const std::int32_t ngram : numbers) {
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
  slots_.assign(std::max<std::size_t>(1024, 2 * slots_.size()), -1);
  for (std::size_t i = 0; i < keys_.size(); ++i) slots_[slot_of(keys_[i])] = static_cast<std::int32_t>(i);
}

template <class Number>
NgramLists NgramNumbers::counted(std::span<const CaptionWords> captions, Number number) const {
  NgramLists lists;
  std::size_t all_words = 0;
  for (const CaptionWords& each : captions) {
    lists.lengths_.push_back(static_cast<std::int64_t>(each.words.size()));
    all_words += each.words.size();
  }
  for (NgramLists::Order& order : lists.orders_) {
    order.counts.reserve(all_words);
    order.begin.reserve(captions.size() + 1);
    order.begin.push_back(0);
  }
  std::vector<std::int32_t> numbers;  // of the n-grams that begin with each word
  std::vector<NgramTable::Key> keys;
  for (const CaptionWords& each : captions) {
    numbers.assign(each.words.size(), 0);
    for (std::size_t k = 0; k < ngram_orders; ++k) {
      numbers.resize(std::max(each.words.size(), k) - k);
      keys.clear();
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        keys.push_back(NgramTable::key(numbers[i], each.words[i + k]));
        tables_[k].prefetch(keys.back());
      }
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = number(k, keys[i]);
      NgramLists::Order& order = lists.orders_[k];
      count_numbers(numbers, order.counts);
      order.begin.push_back(order.counts.size());
    }
  }
  return lists;
}

NgramLists NgramNumbers::add(std::span<const CaptionWords> captions) {
  return counted(captions, [&](std::size_t k, NgramTable::Key key) { return tables_[k].add(key); });
}

NgramLists NgramNumbers::look_up(std::span<const CaptionWords> captions) const {
  std::array<NgramTable, ngram_orders> others;
  return counted(captions, [&](std::size_t k, NgramTable::Key key) {
    const std::int32_t known = tables_[k].find(key);
    return known >= 0 ? known : tables_[k].size() + others[k].add(key);
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
