// A vocabulary in JSON.
#include "io/vocabulary.h"

#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_vocabulary(const std::uint8_t* data, std::size_t size) {
  accepted([&] {
    const Vocabulary words = Vocabulary::from_json(text_of(data, size));
    std::vector<std::int32_t> tokens;
    for (std::int32_t i = 0; i < words.size(); ++i) tokens.push_back(i);
    words.decode(tokens);
    expect(Vocabulary::from_json(words.to_json()) == words, "another vocabulary comes back from its JSON");
  });
  return 0;
}

}  // namespace dlcore::fuzz
