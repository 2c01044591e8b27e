#include "models/caption_statistics.h"

#include <vector>

#include "tests/catch.h"

using namespace dlcore;

using Captions = std::vector<std::string>;

TEST_CASE("caption statistics: distinct captions, words, length") {
  const CaptionStatistics statistics = caption_statistics(Captions{"a dog", "a cat sits", "a dog", ""});
  CHECK(statistics.captions == 4);
  CHECK(statistics.distinct == 3);
  CHECK(statistics.vocabulary == 4);
  CHECK(statistics.length == 7.0 / 4);
  const CaptionStatistics none = caption_statistics(Captions{});
  CHECK(none.captions == 0);
  CHECK(none.distinct == 0);
  CHECK(none.length == 0);
}

TEST_CASE("caption statistics: captions seen in training") {
  const Captions training{"a dog", "a cat", "a cat"};
  CHECK(share_seen(Captions{"a dog", "a dog", "dog a", "a cat sits"}, training) == 0.5);
  CHECK(share_seen(Captions{"a"}, Captions{}) == 0);
  CHECK(share_seen(Captions{}, training) == 0);
}
