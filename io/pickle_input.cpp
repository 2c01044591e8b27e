#include "io/pickle_input.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace dlcore {

// A length from the file is believed only as far as there are bytes: memory grows with what was read.
std::string PickleInput::bytes(std::uint64_t count) {
  require(count <= left_, "{}: the pickle is truncated or damaged: it wants {} bytes where {} are left",
          where_, count, left_);
  constexpr std::uint64_t piece = 1 << 16;
  std::string text;
  for (std::uint64_t missing = count; missing > 0;) {
    const auto now = static_cast<std::size_t>(std::min(missing, piece));
    const std::size_t had = text.size();
    text.resize(had + now);
    require(static_cast<bool>(input_.read(text.data() + had, static_cast<std::streamsize>(now))),
            "{}: the pickle is truncated", where_);
    missing -= now;
    left_ -= now;
  }
  return text;
}

std::uint64_t PickleInput::number(int size) {
  const std::string text = bytes(static_cast<std::uint64_t>(size));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  return value;
}

std::string PickleInput::line() {
  constexpr std::size_t most = 1000;
  std::string text;
  for (std::string next = bytes(1); next != "\n"; next = bytes(1)) {
    text += next;
    require(text.size() <= most, "{}: the pickle has a name longer than {} bytes", where_, most);
  }
  return text;
}

double PickleInput::real() {
  std::string text = bytes(8);
  std::reverse(text.begin(), text.end());
  double value = 0;
  std::memcpy(&value, text.data(), sizeof value);
  return value;
}

PickleValue PickleInput::integer(std::uint64_t size) {
  std::string text = bytes(size);
  if (size > 8) return PickleWideInteger{std::move(text)};
  const bool negative = !text.empty() && (text.back() & 0x80) != 0;
  text.resize(8, negative ? '\xff' : '\0');
  std::int64_t value = 0;
  std::memcpy(&value, text.data(), sizeof value);
  return value;
}

std::string refused_opcode(unsigned char code) {
  switch (code) {
    case 'o':
      return "the pickle wants to make an object of a class (OBJ), which dlcore never does";
    case 0x81:
    case 0x92:
      return "the pickle wants to make an object of a class (NEWOBJ), which dlcore never does";
    case 0x82:
    case 0x83:
    case 0x84:
      return "the pickle wants to call something registered with copyreg (EXT), which dlcore never does";
    case 'B':
    case 'C':
    case 0x8e:
    case 0x96:
      return "the pickle has bytes in it (not a tensor's), which dlcore does not read";
    case 0x8f:
    case 0x90:
    case 0x91:
      return "the pickle has a set in it, which dlcore does not read";
    case 'P':
    case 'I':
    case 'L':
    case 'F':
    case 'S':
    case 'V':
    case 'd':
    case 'g':
    case 'l':
    case 'p':
      return "the pickle has an opcode of protocol 0, expected protocol 2 to 5";
    default:
      return fmt::format(
          "the pickle is damaged or of an unknown kind: it has the opcode 0x{:02x}, which dlcore does not "
          "read",
          code);
  }
}

}  // namespace dlcore
