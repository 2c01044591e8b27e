// The bytes of a pickle. Internal to io.
#pragma once

#include <cstdint>
#include <istream>
#include <string>

#include "io/pickle_values.h"

namespace dlcore {

class PickleInput {
 public:
  /// At most `limit` bytes; `where` begins the messages.
  PickleInput(std::istream& input, std::uint64_t limit, std::string where)
      : input_(input), left_(limit), where_(std::move(where)) {}

  std::string bytes(std::uint64_t count);  // Error where there are fewer
  std::uint64_t number(int size);          // unsigned, little endian, of at most 8 bytes
  std::string line();                      // without its end
  double real();                           // big endian, other than everything else
  PickleValue integer(std::uint64_t size);

 private:
  std::istream& input_;
  std::uint64_t left_;
  std::string where_;
};

/// Why dlcore does not read an opcode: "the pickle wants ...".
std::string refused_opcode(unsigned char code);

}  // namespace dlcore
