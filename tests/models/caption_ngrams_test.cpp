#include "models/caption_ngrams.h"

#include <map>

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

TEST_CASE("n-grams: numbers and counts are those of a map") {
  Random random(3);
  NgramNumbers numbers;
  std::map<std::vector<std::int32_t>, std::int32_t> known;
  const auto check = [&](const std::vector<std::int32_t>& words, const NgramCounts& counts, bool learn) {
    CHECK(counts.length == static_cast<std::int64_t>(words.size()));
    for (std::size_t n = 1; n <= ngram_orders; ++n) {
      std::map<std::vector<std::int32_t>, std::int32_t> expected;
      for (std::size_t i = 0; i + n <= words.size(); ++i)
        ++expected[{words.begin() + static_cast<std::ptrdiff_t>(i),
                    words.begin() + static_cast<std::ptrdiff_t>(i + n)}];
      REQUIRE(counts.order(n - 1).size() == expected.size());
      std::size_t next = 0;  // entries come in the order of the text
      std::map<std::vector<std::int32_t>, bool> passed;
      for (std::size_t i = 0; i + n <= words.size(); ++i) {
        const std::vector<std::int32_t> ngram(words.begin() + static_cast<std::ptrdiff_t>(i),
                                              words.begin() + static_cast<std::ptrdiff_t>(i + n));
        if (std::exchange(passed[ngram], true)) continue;
        const NgramCounts::Entry entry = counts.order(n - 1)[next++];
        CHECK(entry.count == expected[ngram]);
        if (learn)
          CHECK(known.emplace(ngram, entry.ngram).first->second == entry.ngram);
        else if (known.contains(ngram))
          CHECK(known[ngram] == entry.ngram);
        else
          CHECK(entry.ngram >= numbers.size(n));
      }
    }
  };
  for (int text = 0; text < 400; ++text) {
    std::vector<std::int32_t> words(static_cast<std::size_t>(random.below(20)));
    for (auto& word : words) word = static_cast<std::int32_t>(random.below(9));
    check(words, numbers.add(words), true);
  }
  std::map<std::int32_t, int> of_pairs;  // no two n-grams share a number
  for (const auto& [ngram, number] : known)
    if (ngram.size() == 2) CHECK(++of_pairs[number] == 1);
  for (int text = 0; text < 200; ++text) {
    std::vector<std::int32_t> words(static_cast<std::size_t>(random.below(20)));
    for (auto& word : words) word = static_cast<std::int32_t>(random.below(12));
    check(words, numbers.look_up(words), false);
  }
}

TEST_CASE("n-grams: matches with references") {
  NgramNumbers numbers;
  const NgramCounts reference = numbers.add(std::vector<std::int32_t>{0, 1, 0, 1, 2});
  const NgramCounts caption = numbers.look_up(std::vector<std::int32_t>{5, 0, 1, 2, 0});
  NgramMatcher matcher(numbers);
  const auto matches = [&](const NgramCounts& own, std::size_t k) {
    matcher.compare(own);
    std::map<std::size_t, std::int32_t> found;
    matcher.for_each_match(reference, k, [&](std::size_t i, std::int32_t count) { found[i] = count; });
    return found;
  };
  using Found = std::map<std::size_t, std::int32_t>;
  CHECK(matches(caption, 0) == Found{{1, 2}, {2, 2}, {3, 1}});
  CHECK(matches(caption, 1) == Found{{1, 2}, {2, 1}});
  CHECK(matches(caption, 2) == Found{{1, 1}});
  CHECK(matches(caption, 3).empty());
  // Nothing of the caption before is left.
  CHECK(matches(numbers.look_up(std::vector<std::int32_t>{7}), 0).empty());
  CHECK(matches(NgramCounts{}, 0).empty());
}
