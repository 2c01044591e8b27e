// A message is one line, whatever it quotes.
#include "core/error.h"

#include "tests/catch.h"

using namespace dlcore;

TEST_CASE("error: a message is one line of text, and not longer than some screens") {
  CHECK(std::string(Error("as it is: \u00e9").what()) == "as it is: \u00e9");
  CHECK(std::string(Error("a\nb\t\x1b[2J\x7f"
                          "c\r")
                        .what()) == "a b  [2J c ");
  const std::string ends = Error(std::string(7999, 'x') + "\u00e9 and more").what();
  CHECK(ends == std::string(7999, 'x') + "...");  // not half a character
  CHECK(std::string(Error(std::string(8000, 'x')).what()).size() == 8000);
}
