#include "models/caption_ngrams.h"

#include <map>
#include <set>

#include "core/random.h"
#include "models/caption_words.h"
#include "tests/catch.h"

using namespace dlcore;

TEST_CASE("caption words: single spaces for tokens, white space of all kinds for words") {
  WordNumbers numbers;
  const auto added = [&](const std::string& text) { return numbers.add(text); };
  CHECK(added("a b a").tokens == std::vector<std::int32_t>{0, 1, 0});
  CHECK(added("a b a").words == std::vector<std::int32_t>{0, 1, 0});
  CHECK(added("").tokens.size() == 1);
  CHECK(added("").words.empty());
  // As Python's " ".split(" ") and str.split.
  CHECK(added("a  b").tokens.size() == 3);
  CHECK(added("a  b").words == std::vector<std::int32_t>{0, 1});
  for (const std::string space : {"\t", "\x1C", "\u0085", "\u00A0", "\u1680", "\u2000", "\u200A", "\u2028",
                                  "\u202F", "\u205F", "\u3000"}) {
    INFO(space);
    CHECK(added("a" + space + "b").tokens.size() == 1);
    CHECK(added(space + "a" + space + space + "b" + space).words == std::vector<std::int32_t>{0, 1});
  }
  for (const std::string other : {"\u00A1", "\u200B", "\u2030", "\u180E", "\uFEFF", "\x1B", "\u30A0"}) {
    INFO(other);
    CHECK(added("a" + other + "b").words.size() == 1);
  }
  const std::int32_t size = numbers.size();
  CHECK(numbers.look_up("x a y x").tokens == std::vector<std::int32_t>{size, 0, size + 1, size});
  CHECK(numbers.size() == size);
}

namespace {

std::vector<CaptionWords> drawn_captions(std::size_t count, std::int64_t vocabulary, std::uint64_t seed) {
  Random random(seed);
  std::vector<CaptionWords> captions(count);
  for (CaptionWords& each : captions) {
    each.words.resize(static_cast<std::size_t>(random.below(20)));
    for (auto& word : each.words) word = static_cast<std::int32_t>(random.below(vocabulary));
  }
  return captions;
}

using Ngram = std::vector<std::int32_t>;

// All n-grams of k + 1 words, in the order of the text.
std::vector<Ngram> ngrams_of(const CaptionWords& caption, std::size_t k) {
  std::vector<Ngram> all;
  for (std::size_t i = 0; i + k < caption.words.size(); ++i) {
    const auto begin = caption.words.begin() + static_cast<std::ptrdiff_t>(i);
    all.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(k + 1));
  }
  return all;
}

}  // namespace

TEST_CASE("n-grams: numbers and counts are those of a map") {
  NgramNumbers numbers;
  std::map<Ngram, std::int32_t> known;
  // New n-grams only where `learn`; others have numbers beyond all of them.
  const auto check = [&](const std::vector<CaptionWords>& captions, const NgramLists& lists, bool learn) {
    REQUIRE(lists.size() == captions.size());
    for (std::size_t c = 0; c < captions.size(); ++c) {
      CHECK(lists[c].length == static_cast<std::int64_t>(captions[c].words.size()));
      for (std::size_t k = 0; k < ngram_orders; ++k) {
        std::vector<Ngram> distinct;
        std::map<Ngram, std::int32_t> counts;
        for (const Ngram& ngram : ngrams_of(captions[c], k))
          if (++counts[ngram] == 1) distinct.push_back(ngram);
        const auto own = lists.order(c, k);
        REQUIRE(own.size() == distinct.size());
        for (std::size_t i = 0; i < own.size(); ++i) {
          CHECK(own[i].count == counts[distinct[i]]);
          if (learn || known.contains(distinct[i]))
            CHECK(known.emplace(distinct[i], own[i].ngram).first->second == own[i].ngram);
          else
            CHECK(own[i].ngram >= numbers.size(k));
        }
      }
    }
  };
  // 600: in several threads.
  for (const std::size_t count : {0, 1, 40, 600}) {
    const auto captions = drawn_captions(count, 9, count);
    check(captions, numbers.add(captions), true);
  }
  std::array<std::set<std::int32_t>, ngram_orders> of_order;  // no two n-grams share a number
  for (const auto& [ngram, number] : known) CHECK(of_order[ngram.size() - 1].insert(number).second);
  for (std::size_t k = 0; k < ngram_orders; ++k)
    CHECK(static_cast<std::int32_t>(of_order[k].size()) == numbers.size(k));
  for (const std::size_t count : {1, 600}) {
    const auto captions = drawn_captions(count, 12, 7);
    check(captions, numbers.look_up(captions), false);
  }
}

TEST_CASE("n-grams: matches with references") {
  NgramNumbers numbers;
  const std::vector<CaptionWords> reference{{{}, {0, 1, 0, 1, 2}}};
  const NgramLists references = numbers.add(reference);
  const std::vector<CaptionWords> captions{{{}, {5, 0, 1, 2, 0}}, {{}, {7}}, {{}, {}}};
  const NgramLists lists = numbers.look_up(captions);
  NgramMatcher matcher(numbers);
  using Found = std::map<std::size_t, std::int32_t>;
  const auto matches = [&](std::size_t caption, std::size_t k) {
    matcher.compare(lists[caption]);
    Found found;
    matcher.for_each_match(references[0], k, [&](std::size_t i, std::int32_t count) { found[i] = count; });
    return found;
  };
  CHECK(matches(0, 0) == Found{{1, 2}, {2, 2}, {3, 1}});
  CHECK(matches(0, 1) == Found{{1, 2}, {2, 1}});
  CHECK(matches(0, 2) == Found{{1, 1}});
  CHECK(matches(0, 3).empty());
  // Nothing of the caption before is left.
  CHECK(matches(1, 0).empty());
  CHECK(matches(2, 0).empty());
}
