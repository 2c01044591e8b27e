#include "core/philox.h"

#include "tests/catch.h"

using dlcore::philox;

// kat_vectors of Random123 (D. E. Shaw Research), philox4x32 with 10 rounds: counter, key, result.
TEST_CASE("philox gives the published numbers") {
  struct Case {
    std::uint64_t seed, index, subsequence;
    std::uint32_t result[4];
  };
  constexpr Case cases[] = {
      {0, 0, 0, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}},
      {~0ull, ~0ull, ~0ull, {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}},
      {0x299f31d0a4093822ull,
       0x85a308d3243f6a88ull,
       0x0370734413198a2eull,
       {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}},
  };
  for (const Case& c : cases) {
    const auto words = philox(c.seed, c.index, c.subsequence);
    for (int i = 0; i < 4; ++i) CHECK(words.word[i] == c.result[i]);
  }
}

TEST_CASE("philox depends on every half of its counter and key") {
  const auto base = philox(1, 2, 3).word[0];
  CHECK(philox(1 + (1ull << 32), 2, 3).word[0] != base);
  CHECK(philox(1, 2 + (1ull << 32), 3).word[0] != base);
  CHECK(philox(1, 2, 3 + (1ull << 32)).word[0] != base);
}
