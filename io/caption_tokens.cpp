#include "io/caption_tokens.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>

#include "core/error.h"
#include "io/caption_characters.h"
#include "io/caption_rules.h"

namespace dlcore {

namespace {

RE2::Options expression_options() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);  // bytes
  options.set_longest_match(true);
  options.set_log_errors(false);
  options.set_max_mem(std::int64_t{128} << 20);  // of states that are kept, at most; a few MB in practice
  return options;
}

bool is_punctuation(std::u16string_view token) {
  static constexpr std::u16string_view dropped[] = {u"''", u"'", u"``", u"`",  u".",   u"?", u"!",
                                                    u",",  u":", u"-",  u"--", u"...", u";"};
  return std::find(std::begin(dropped), std::end(dropped), token) != std::end(dropped);
}

// The line's words; leaves `tokens` empty. Python's rstrip takes spaces off the last one: an address may have
// a no-break space at its end.
std::string joined(std::vector<std::u16string>& tokens) {
  while (!tokens.empty()) {
    std::u16string& last = tokens.back();
    last.erase(last.find_last_not_of(
                   u"\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A"
                   u"\u202F\u205F\u3000") +
               1);
    if (!last.empty()) break;
    tokens.pop_back();
  }
  std::string line;
  for (const std::u16string& token : tokens) {
    if (is_punctuation(token)) continue;
    if (!line.empty()) line += ' ';
    append_utf8(line, token);
  }
  tokens.clear();
  return line;
}

}  // namespace

struct CaptionTokenizer::Impl {
  struct Rule {
    TokenForm form;
    std::unique_ptr<RE2> parts;  // (text)(next), for rules with `next`
  };

  Impl() : set(expression_options(), RE2::ANCHOR_BOTH) {
    std::string all;
    for (const TokenRule& rule : token_rules()) {
      const std::string text = "(?:" + rule.text + ")";
      const std::string whole = rule.next.empty() ? text : text + "(?:" + rule.next + ")";
      all += (all.empty() ? "" : "|") + whole;
      std::string error;
      require(set.Add(whole, &error) == static_cast<int>(rules.size()),
              "a rule of the tokeniser is wrong: {}", error);
      rules.push_back({rule.form, nullptr});
      if (!rule.next.empty())
        rules.back().parts =
            std::make_unique<RE2>("(" + rule.text + ")(?:" + rule.next + ")", expression_options());
    }
    any = std::make_unique<RE2>(all, expression_options());
    require(set.Compile() && any->ok(), "the tokeniser's rules can't be compiled: {}", any->error());
  }

  std::unique_ptr<RE2> any;  // all rules
  RE2::Set set;
  std::vector<Rule> rules;

  // Length of the next token's text, and its rule.
  std::pair<std::size_t, const Rule*> match(const std::string& classes, std::size_t at) const {
    re2::StringPiece found;
    require(any->Match(classes, at, classes.size(), RE2::ANCHOR_START, &found, 1),
            "the tokeniser found no rule");
    std::vector<int> which;
    require(set.Match(found, &which), "the tokeniser found no rule");
    const Rule& rule = rules[static_cast<std::size_t>(*std::min_element(which.begin(), which.end()))];
    if (rule.parts) {
      re2::StringPiece text;
      require(RE2::FullMatch(found, *rule.parts, &text), "the tokeniser found no end of a token");
      return {text.size(), &rule};
    }
    return {found.size(), &rule};
  }

  std::vector<std::string> tokenize(const std::u16string& text) const {
    const std::string classes = character_classes(text);
    std::vector<std::string> lines;
    std::vector<std::u16string> tokens;
    for (std::size_t at = 0; at < classes.size();) {
      if (classes[at] == '\n') lines.push_back(joined(tokens));
      const auto [length, rule] = match(classes, at);
      const std::u16string_view token = std::u16string_view(text).substr(at, length);
      at += length;
      if (rule->form == TokenForm::split2 || rule->form == TokenForm::split3) {
        const std::size_t rest = rule->form == TokenForm::split2 ? 2 : 3;
        tokens.push_back(to_lower_case(token.substr(0, length - rest)));
        at -= rest;
      } else if (rule->form != TokenForm::nothing) {
        tokens.push_back(to_lower_case(formed_token(token, rule->form)));
      }
    }
    lines.push_back(joined(tokens));
    return lines;
  }
};

CaptionTokenizer::CaptionTokenizer() : impl_(std::make_unique<Impl>()) {}
CaptionTokenizer::~CaptionTokenizer() = default;
CaptionTokenizer::CaptionTokenizer(CaptionTokenizer&&) noexcept = default;
CaptionTokenizer& CaptionTokenizer::operator=(CaptionTokenizer&&) noexcept = default;

std::vector<std::string> CaptionTokenizer::operator()(std::span<const std::string> captions) const {
  if (captions.empty()) return {};
  std::u16string text;
  for (std::size_t i = 0; i < captions.size(); ++i) {
    if (i > 0) text += u'\n';
    for (const char16_t c : to_utf16(captions[i])) text += c == u'\n' ? u' ' : c;
  }
  return impl_->tokenize(text);
}

std::string CaptionTokenizer::operator()(std::string_view caption) const {
  const std::string text(caption);
  return (*this)(std::span(&text, 1)).front();
}

std::vector<std::string_view> split_words(std::string_view tokenized) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < tokenized.size();) {
    const std::size_t end = std::min(tokenized.find(' ', at), tokenized.size());
    words.push_back(tokenized.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace dlcore
