#include "io/caption_tokens.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "core/cpu.h"
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

// Python's rstrip takes spaces off a line: an address at its end may have a no-break space there.
void remove_trailing_spaces(std::string& line) {
  static constexpr std::string_view spaces[] = {"\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
                                                "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009",
                                                "\u200A", "\u202F", "\u205F", "\u3000"};
  for (std::size_t before = 0; before != line.size();) {
    before = line.size();
    for (const std::string_view space : spaces)
      if (line.ends_with(space)) line.resize(line.size() - space.size());
  }
}

// The words of a line as they come.
class Line {
 public:
  // A word of ASCII letters.
  void add_letters(std::string_view letters) {
    separate();
    const std::size_t begin = text_.size();
    text_ += letters;
    for (std::size_t i = begin; i < text_.size(); ++i) text_[i] = static_cast<char>(text_[i] | 0x20);
  }
  void add(std::u16string_view token) {
    if (is_punctuation(token)) return add_punctuation();
    separate();
    append_utf8(text_, token);
  }
  void add_punctuation() { ends_in_word_ = false; }

  // The words, joined by spaces; none are left.
  std::string take() {
    if (ends_in_word_) remove_trailing_spaces(text_);
    return std::exchange(text_, {});
  }

 private:
  void separate() {
    if (!text_.empty()) text_ += ' ';
    ends_in_word_ = true;
  }

  std::string text_;
  bool ends_in_word_ = false;
};

bool at_line_end(std::string_view classes, std::size_t at) {
  return at == classes.size() || classes[at] == '\n';
}

bool at_space(std::string_view classes, std::size_t at) {
  return at_line_end(classes, at) || classes[at] == ' ';
}

// Most of a caption needs no rules: words of letters, spaces, commas before a space and the point at the end.
// No rule with more to it begins with one of these marks.
bool is_simple_mark(std::string_view classes, std::size_t at) {
  return (classes[at] == '.' && at_line_end(classes, at + 1)) ||
         (classes[at] == ',' && at_space(classes, at + 1));
}

}  // namespace

struct CaptionTokenizer::Impl {
  // Words at the ends of captions, many of which end alike, and whether they are abbreviations.
  using KnownWords = std::unordered_map<std::string_view, bool>;

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
    auto compiling = std::async(std::launch::async, [&] {  // some milliseconds, as is the other one
      any = std::make_unique<RE2>(all, expression_options());
      abbreviation = std::make_unique<RE2>(token_abbreviations(), expression_options());
    });
    const bool compiled = set.Compile();
    compiling.get();
    require(compiled && any->ok() && abbreviation->ok(), "the tokeniser's rules can't be compiled: {}",
            any->error());
  }

  std::unique_ptr<RE2> any;           // all rules
  std::unique_ptr<RE2> abbreviation;  // before a point that is part of it
  RE2::Set set;
  std::vector<Rule> rules;

  // Length of the word of ASCII letters at `at` where a space, the line's end or a simple mark follows; else
  // 0. Such a word is a token as it is, since the rules that see more than the word only look whether the
  // space is there, but for the words that are two tokens and for abbreviations.
  std::size_t plain_word(std::string_view classes, std::size_t at, KnownWords& abbreviations) const {
    static constexpr std::string_view divided[] = {"cannot", "gimme", "gonna", "gotta", "lemme", "wanna"};
    const auto lower = [](char c) { return static_cast<char>(c | 0x20); };
    std::size_t end = at;
    while (end < classes.size() && lower(classes[end]) >= 'a' && lower(classes[end]) <= 'z') ++end;
    const std::string_view word = classes.substr(at, end - at);
    const auto is_word = [&](std::string_view other) {
      return std::equal(word.begin(), word.end(), other.begin(), other.end(),
                        [&](char a, char b) { return lower(a) == b; });
    };
    if (!at_space(classes, end) && !is_simple_mark(classes, end)) return 0;
    if ((word.size() == 5 || word.size() == 6) &&
        std::any_of(std::begin(divided), std::end(divided), is_word))
      return 0;
    if (end < classes.size() && classes[end] == '.') {
      const auto [known, fresh] = abbreviations.try_emplace(word);
      if (fresh) known->second = RE2::FullMatch(re2::StringPiece(word.data(), word.size()), *abbreviation);
      if (known->second) return 0;
    }
    return word.size();
  }

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

  // Appends the lines of text[begin, end) that end there, and what is behind the last of them as one more.
  // Returns where the last token ends: beyond `end` if that token goes on behind it.
  std::size_t tokenize(std::u16string_view text, const std::string& classes, std::size_t begin,
                       std::size_t end, std::vector<std::string>& lines) const {
    Line line;
    KnownWords abbreviations;
    std::size_t at = begin;
    while (at < end) {
      if (classes[at] == '\n') lines.push_back(line.take());
      if (classes[at] == '\n' || classes[at] == ' ') {
        ++at;
        continue;
      }
      if (const std::size_t length = plain_word(classes, at, abbreviations)) {
        line.add_letters(std::string_view(classes).substr(at, length));
        at += length;
        continue;
      }
      if (is_simple_mark(classes, at)) {
        line.add_punctuation();
        ++at;
        continue;
      }
      const auto [length, rule] = match(classes, at);
      const std::u16string_view token = text.substr(at, length);
      at += length;
      if (rule->form == TokenForm::split2 || rule->form == TokenForm::split3) {
        const std::size_t rest = rule->form == TokenForm::split2 ? 2 : 3;
        line.add(to_lower_case(token.substr(0, length - rest)));
        at -= rest;
      } else if (rule->form != TokenForm::nothing) {
        // A tag may go on in the next lines.
        const std::u16string formed = to_lower_case(formed_token(token, rule->form));
        for (std::size_t from = 0; from <= formed.size();) {
          const std::size_t to = std::min(formed.find(u'\n', from), formed.size());
          if (from > 0) lines.push_back(line.take());
          if (to > from) line.add(std::u16string_view(formed).substr(from, to - from));
          from = to + 1;
        }
      }
    }
    lines.push_back(line.take());
    return at;
  }
};

CaptionTokenizer::CaptionTokenizer() : impl_(std::make_unique<Impl>()) {}
CaptionTokenizer::~CaptionTokenizer() = default;
CaptionTokenizer::CaptionTokenizer(CaptionTokenizer&&) noexcept = default;
CaptionTokenizer& CaptionTokenizer::operator=(CaptionTokenizer&&) noexcept = default;

std::vector<std::string> CaptionTokenizer::operator()(std::span<const std::string> captions) const {
  if (captions.empty()) return {};
  std::u16string text;
  std::vector<std::size_t> begin;  // of each caption, and where one more would be
  for (const std::string& each : captions) {
    if (!begin.empty()) text += u'\n';
    begin.push_back(text.size());
    append_utf16(text, each);
    std::replace(text.begin() + static_cast<std::ptrdiff_t>(begin.back()), text.end(), u'\n', u' ');
  }
  begin.push_back(text.size() + 1);
  const std::string classes = character_classes(text);

  // In several threads, each with captions of its own: what it has to know of the next ones it sees in the
  // text.
  constexpr std::size_t captions_of_a_thread = 500;  // a millisecond
  const std::size_t threads = std::clamp<std::size_t>(captions.size() / captions_of_a_thread, 1,
                                                      static_cast<std::size_t>(cpu_threads()));
  std::vector<std::vector<std::string>> lines(threads);
  std::vector<char> whole(threads);  // its last token does not go on in the next thread's captions
  in_threads(static_cast<int>(threads), [&](int thread) {
    const auto k = static_cast<std::size_t>(thread);
    const std::size_t from = begin[captions.size() * k / threads];
    const std::size_t end = begin[captions.size() * (k + 1) / threads] - 1;
    whole[k] = impl_->tokenize(text, classes, from, end, lines[k]) == end;
  });
  if (std::find(whole.begin(), whole.end(), 0) != whole.end()) {
    lines.assign(1, {});
    impl_->tokenize(text, classes, 0, text.size(), lines[0]);
  }
  for (std::size_t k = 1; k < lines.size(); ++k)
    std::move(lines[k].begin(), lines[k].end(), std::back_inserter(lines[0]));
  return std::move(lines[0]);
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

std::size_t count_words(std::string_view tokenized) {
  return tokenized.empty()
             ? 0
             : 1 + static_cast<std::size_t>(std::count(tokenized.begin(), tokenized.end(), ' '));
}

}  // namespace dlcore
