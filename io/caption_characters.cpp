#include "io/caption_characters.h"

#include <algorithm>
#include <array>
#include <utility>

namespace dlcore {

namespace {

using Table = std::array<char, 0x10000>;

struct Named {
  char kind;
  std::u16string_view characters;  // pairs: first and last of a range
};

constexpr Named named[] = {
    {character_class::soft_hyphen, u"\u00AD\u00AD"},
    {character_class::number_separator, u"\u066B\u066C"},
    {character_class::raised_sign, u"\u207A\u207B\u208A\u208B"},
    {character_class::superscript, u"\u00B2\u00B3\u00B9\u00B9\u2070\u2070\u2074\u2079"},
    {character_class::subscript, u"\u2080\u2089"},
    {character_class::solid_space, u"\u00A0\u00A0"},
    {character_class::space, u"\u2000\u200A\u3000\u3000"},
    {character_class::fraction_slash, u"\u2044\u2044"},
    {character_class::fraction, u"\u00BC\u00BE\u2153\u215E"},
    {character_class::currency,
     u"\u0080\u0080\u00A2\u00A5\u060B\u060B\u0E3F\u0E3F\u20A0\u20A0\u20A4\u20A4\u20AC\u20AC"
     u"\uFFE0\uFFE1\uFFE5\uFFE6"},
    {character_class::right_quote, u"\u0092\u0092\u2019\u2019"},
    {character_class::left_quote, u"\u0091\u0091\u2018\u2018\u201B\u201B"},
    {character_class::quote, u"\u0093\u0094\u00AB\u00AB\u00BB\u00BB\u201A\u201A\u201C\u201F\u2039\u203A"},
    {character_class::dash, u"\u0096\u0097\u2013\u2015"},
    {character_class::hyphen, u"\u058A\u058A\u2010\u2011"},
    {character_class::ellipsis, u"\u2026\u2026"},
    {character_class::comma, u"\u3001\u3001"},
    {character_class::invisible, u"\u200B\u200B\u200E\u200F\uFEFF\uFEFF"},
    {character_class::next_line, u"\u0085\u0085"},
    {'\v', u"\u2028\u2029"},
};

void fill(Table& table, char16_t first, char16_t last, char kind) {
  std::fill(table.begin() + first, table.begin() + last + 1, kind);
}

Table make_table() {
  Table table;
  table.fill(character_class::nothing);
  for (char16_t c = 1; c < 0x80; ++c) table[c] = static_cast<char>(c);
  table[0] = character_class::invisible;
  for (const CharacterRange& range : character_ranges()) {
    constexpr char kinds[] = {character_class::letter, character_class::part, character_class::digit,
                              character_class::symbol};
    fill(table, range.first, range.last, kinds[static_cast<int>(range.kind)]);
  }
  for (const Named& entry : named)
    for (std::size_t i = 0; i < entry.characters.size(); i += 2)
      fill(table, entry.characters[i], entry.characters[i + 1], entry.kind);
  return table;
}

bool is_letter(char16_t c) {
  return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') ||
         character_classes({&c, 1}).front() == character_class::letter;
}

char16_t lower(char16_t c) {
  const auto ranges = lower_case_ranges();
  const auto range =
      std::lower_bound(ranges.begin(), ranges.end(), c,
                       [](const LowerCaseRange& entry, char16_t value) { return entry.last < value; });
  if (range == ranges.end() || c < range->first || (c - range->first) % range->step != 0) return c;
  return static_cast<char16_t>(c + range->difference);
}

}  // namespace

void append_utf16(std::u16string& result, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    result.append(text.begin(), text.end());
    return;
  }
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    if (lead < 0x80) {
      result += lead;
      continue;
    }
    const int more = lead >= 0xF8 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    std::uint32_t character = lead & (0x3Fu >> more);
    int read = 0;
    for (; read < more && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u; ++read)
      character = character << 6 | (static_cast<unsigned char>(text[at++]) & 0x3Fu);
    constexpr std::uint32_t least[] = {0xFFFFFFFF, 0x80, 0x800,
                                       0x10000};  // longer than needed is no character
    if (read < more || character < least[more] || character > 0x10FFFF ||
        (character >= 0xD800 && character < 0xE000)) {
      result += u'\uFFFD';
    } else if (character < 0x10000) {
      result += static_cast<char16_t>(character);
    } else {
      result += static_cast<char16_t>(0xD7C0 + (character >> 10));
      result += static_cast<char16_t>(0xDC00 + (character & 0x3FF));
    }
  }
}

void append_utf8(std::string& text, std::u16string_view characters) {
  for (std::size_t i = 0; i < characters.size(); ++i) {
    std::uint32_t c = characters[i];
    const auto tail = [&](int shift) { text += static_cast<char>(0x80u | (c >> shift & 0x3Fu)); };
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < characters.size())
      c = 0x10000 + ((c - 0xD800) << 10) + (characters[++i] - 0xDC00u);
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else if (c < 0x800) {
      text += static_cast<char>(0xC0u | c >> 6);
      tail(0);
    } else if (c < 0x10000) {
      text += static_cast<char>(0xE0u | c >> 12);
      tail(6), tail(0);
    } else {
      text += static_cast<char>(0xF0u | c >> 18);
      tail(12), tail(6), tail(0);
    }
  }
}

std::string character_classes(std::u16string_view characters) {
  static const Table table = make_table();
  std::string classes(characters.size(), character_class::nothing);
  for (std::size_t i = 0; i < characters.size(); ++i) classes[i] = table[characters[i]];
  return classes;
}

std::u16string to_lower_case(std::u16string_view token) {
  std::u16string result;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char16_t c = token[i];
    if (c < 0x80)
      result += c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c;
    else if (c == u'\u03A3' && i > 0 && is_letter(token[i - 1]) &&
             std::none_of(token.begin() + static_cast<std::ptrdiff_t>(i) + 1, token.end(), is_letter))
      result += u'\u03C2';
    else if (c == u'\u0130')
      result += u"i\u0307";
    else
      result += lower(c);
  }
  return result;
}

}  // namespace dlcore
