// Captions as words, exactly as COCO's evaluation makes them: pycocoevalcap's PTBTokenizer, which is
// Stanford's PTBTokenizer (CoreNLP 3.4.1, -preserveLines -lowerCase) without the punctuation tokens '' ' `` `
// . ? ! , : - --
// ... and ;. For instance
//
//     A man's dog (it doesn't bark) sits,  waiting.  ->  a man 's dog -lrb- it does n't bark -rrb- sits
//     waiting
//
// Brackets stay, as they do there: that program drops -LRB-, but sees -lrb-.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dlcore {

class CaptionTokenizer {
 public:
  CaptionTokenizer();
  ~CaptionTokenizer();
  CaptionTokenizer(CaptionTokenizer&&) noexcept;
  CaptionTokenizer& operator=(CaptionTokenizer&&) noexcept;

  /// The words of one caption (UTF-8), joined by spaces; empty where there are none. Line ends are spaces.
  /// May be called from several threads.
  std::string operator()(std::string_view caption) const;

  /// The same for many captions that the evaluation would tokenise together. It sees them as lines of one
  /// text, so that a caption's last point can depend on the next caption's first word: "plan B." gives "b."
  /// alone, but "b" before "The ...".
  std::vector<std::string> operator()(std::span<const std::string> captions) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "a b" as {"a", "b"}: the words of a tokenised caption.
std::vector<std::string_view> split_words(std::string_view tokenized);
std::size_t count_words(std::string_view tokenized);

}  // namespace dlcore
