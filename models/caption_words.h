// The words of tokenised captions as numbers: equal words have equal numbers, which is all that metrics ask.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dlcore {

/// coco-caption divides a caption in two ways, and both are kept. They differ for an empty caption, which
/// has one empty token and no words, and where a token has another kind of space in it: "3 1/2" with a
/// no-break space, as the tokeniser writes it, is one token and two words.
struct CaptionWords {
  std::vector<std::int32_t> tokens;  // at single spaces, as ROUGE-L has it
  std::vector<std::int32_t> words;   // at Unicode's white space, as BLEU and CIDEr have it
};

class WordNumbers {
 public:
  /// Words that are new get the next numbers, from 0 on.
  CaptionWords add(std::string_view tokenized);
  /// Words that were never added get numbers from size() on, which mean something in this caption only.
  CaptionWords look_up(std::string_view tokenized) const;

  std::int32_t size() const { return static_cast<std::int32_t>(numbers_.size()); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> numbers_;
};

}  // namespace dlcore
