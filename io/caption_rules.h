// The rules by which the tokeniser of COCO's evaluation divides a text. Internal to io.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dlcore {

/// What becomes of the text that a rule matches.
enum class TokenForm : unsigned char {
  plain,        // stays as it is
  word,         // without soft hyphens
  ampersand,    // &amp; as &
  solid,        // spaces as no-break spaces: one token
  bracketed,    // the same, and brackets as -LRB- and so on
  fraction,     // 1/2 for one character, and so on
  currency,     // cents, #, $
  quote,        // as ' or ''
  letter,       // an acronym before the start of a sentence: without the point if it is a single letter
  split2,       // two tokens, the second one of two letters
  split3,       // of three letters
  less,         // <
  greater,      // >
  punctuation,  // a token that the evaluation drops
  nothing,      // no token: spaces and what is no character of any text
};

/// The token for a text that a rule with this form matched.
std::u16string formed_token(std::u16string_view text, TokenForm form);

/// A rule matches `text` followed by `next`, which stays for the next token; both are regular expressions
/// over character classes (io/caption_characters.h) in RE2's syntax.
struct TokenRule {
  std::string text;
  std::string next;
  TokenForm form;
};

/// At each place the rule with the longest match of text and next together wins; of equally long ones, the
/// first.
std::span<const TokenRule> token_rules();

/// An expression for the abbreviations of letters alone, without their point.
std::string token_abbreviations();

}  // namespace dlcore
