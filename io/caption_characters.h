// Characters as the tokeniser of captions sees them: as one byte each, so that its rules are about bytes.
// Internal to io.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dlcore {

/// Ranges beyond ASCII, of the Unicode version of Stanford's tokeniser; characters with a meaning of their
/// own are not among them (caption_characters.cpp names those). Characters in no range are thrown away.
struct CharacterRange {
  /// part: a letter within words only, for instance a combining accent.
  enum class Kind : unsigned char { letter, part, digit, symbol };

  char16_t first;
  char16_t last;
  Kind kind;
};
/// c - first a multiple of `step`: the lower-case letter of c is c + difference.
struct LowerCaseRange {
  char16_t first;
  char16_t last;
  std::int32_t step;
  std::int32_t difference;
};
std::span<const CharacterRange> character_ranges();
std::span<const LowerCaseRange> lower_case_ranges();

/// The bytes that stand for characters beyond ASCII; the rules in caption_rules.cpp have them as \x80 and so
/// on.
namespace character_class {
inline constexpr char letter = '\x80';
inline constexpr char part = '\x81';
inline constexpr char soft_hyphen = '\x82';
inline constexpr char digit = '\x83';
inline constexpr char number_separator = '\x84';  // of Arabic numbers
inline constexpr char raised_sign = '\x85';       // plus and minus, superscript and subscript
inline constexpr char superscript = '\x86';       // digits
inline constexpr char subscript = '\x87';
inline constexpr char solid_space = '\x88';  // no-break space
inline constexpr char space = '\x89';
inline constexpr char fraction_slash = '\x8A';
inline constexpr char fraction = '\x8B';
inline constexpr char currency = '\x8C';
inline constexpr char right_quote = '\x8D';  // single, also an apostrophe
inline constexpr char left_quote = '\x8E';   // single
inline constexpr char quote = '\x8F';        // all others
inline constexpr char dash = '\x90';
inline constexpr char hyphen = '\x91';
inline constexpr char ellipsis = '\x92';
inline constexpr char comma = '\x93';
inline constexpr char symbol = '\x94';
inline constexpr char invisible = '\x95';
inline constexpr char nothing = '\x96';    // thrown away
inline constexpr char next_line = '\x97';  // U+0085, which CP1252 has for an ellipsis
}  // namespace character_class

/// A text in UTF-8 as UTF-16, which the rules count in; bytes that are no UTF-8 give U+FFFD.
void append_utf16(std::u16string& result, std::string_view text);
void append_utf8(std::string& text, std::u16string_view characters);

/// One byte for each character: ASCII as it is (zero: invisible), others as above.
std::string character_classes(std::u16string_view characters);

/// As Java's toLowerCase: a sigma after the token's other letters is a final one.
std::u16string to_lower_case(std::u16string_view token);

}  // namespace dlcore
