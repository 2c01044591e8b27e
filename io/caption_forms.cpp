// What becomes of a token's text: Penn Treebank's way of writing quotes, brackets, fractions and currencies.
#include "io/caption_characters.h"
#include "io/caption_rules.h"

namespace dlcore {

namespace {

// The text with some characters replaced by texts.
template <class Replace>
std::u16string replaced(std::u16string_view text, Replace replace) {
  std::u16string result;
  for (const char16_t c : text) {
    const std::u16string_view other = replace(c);
    if (other.empty())
      result += c;
    else
      result += other;
  }
  return result;
}

std::u16string without_soft_hyphens(std::u16string_view text) {
  std::u16string result(text);
  std::erase(result, u'\u00AD');
  return result.empty() ? u"-" : result;
}

// Entities of HTML are known in any case.
std::u16string without_entity(std::u16string_view text, std::u16string_view entity,
                              std::u16string_view character) {
  std::u16string result(text);
  for (std::size_t at = 0; at + entity.size() <= result.size(); ++at)
    if (to_lower_case(std::u16string_view(result).substr(at, entity.size())) == entity)
      result.replace(at, entity.size(), character);
  return result;
}

std::u16string bracketed(std::u16string_view text) {
  return replaced(text, [](char16_t c) -> std::u16string_view {
    switch (c) {
      case u' ':
        return u"\u00A0";
      case u'(':
        return u"-lrb-";
      case u')':
        return u"-rrb-";
      default:
        return {};
    }
  });
}

std::u16string bracket_or_bracketed(std::u16string_view text) {
  if (text == u"{") return u"-lcb-";
  if (text == u"}") return u"-rcb-";
  if (text == u"[") return u"-lsb-";
  if (text == u"]") return u"-rsb-";
  return bracketed(text);
}

std::u16string fraction(std::u16string_view text) {
  return replaced(text, [](char16_t c) -> std::u16string_view {
    switch (c) {
      case u'\u00BC':
        return u"1/4";
      case u'\u00BD':
        return u"1/2";
      case u'\u00BE':
        return u"3/4";
      case u'\u2153':
        return u"1/3";
      case u'\u2154':
        return u"2/3";
      default:
        return {};
    }
  });
}

std::u16string currency(std::u16string_view text) {
  return replaced(text, [](char16_t c) -> std::u16string_view {
    switch (c) {
      case u'\u00A2':
        return u"cents";
      case u'\u00A3':
        return u"#";
      case u'\u0080':
      case u'\u00A4':
      case u'\u20A0':
      case u'\u20AC':
        return u"$";
      default:
        return {};
    }
  });
}

std::u16string quotes(std::u16string_view text) {
  return replaced(without_entity(text, u"&apos;", u"'"), [](char16_t c) -> std::u16string_view {
    switch (c) {
      case u'\u0091':
      case u'\u2018':
      case u'\u201B':
      case u'\u2039':
        return u"`";
      case u'\u0092':
      case u'\u2019':
      case u'\u203A':
        return u"'";
      case u'\u0093':
      case u'\u201C':
      case u'\u00AB':
        return u"``";
      case u'\u0094':
      case u'\u201D':
      case u'\u00BB':
        return u"''";
      default:
        return {};
    }
  });
}

}  // namespace

std::u16string formed_token(std::u16string_view text, TokenForm form) {
  switch (form) {
    case TokenForm::word:
      return without_soft_hyphens(text);
    case TokenForm::ampersand:
      return without_entity(text, u"&amp;", u"&");
    case TokenForm::solid:
      return replaced(text, [](char16_t c) -> std::u16string_view { return c == u' ' ? u"\u00A0" : u""; });
    case TokenForm::bracketed:
      return bracket_or_bracketed(text);
    case TokenForm::fraction:
      return fraction(text);
    case TokenForm::currency:
      return currency(text);
    case TokenForm::quote:
      return quotes(text);
    case TokenForm::letter:
      return std::u16string(text.size() == 2 ? text.substr(0, 1) : text);
    case TokenForm::punctuation:
      return u".";
    case TokenForm::less:
      return u"<";
    case TokenForm::greater:
      return u">";
    default:
      return std::u16string(text);
  }
}

}  // namespace dlcore
