// The words of tokenised captions as numbers: equal words have equal numbers, which is all that metrics ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

  std::int32_t size() const { return static_cast<std::int32_t>(ends_.size()); }

 private:
  // A table of its own: with std::unordered_map most of the time of scoring captions went into it.
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t number = -1;  // -1: free
  };

  std::string_view text_of(std::int32_t number) const {
    const auto n = static_cast<std::size_t>(number);
    const std::size_t begin = n == 0 ? 0 : ends_[n - 1];
    return std::string_view(texts_).substr(begin, ends_[n] - begin);
  }
  /// The word's slot, or the free one where it belongs: its index.
  std::size_t slot_of(std::string_view word, std::uint32_t hash) const;
  void grow();

  std::string texts_;                                  // of all words, one after the other
  std::vector<std::size_t> ends_;                      // [number]: where its text ends
  std::vector<Slot> slots_ = std::vector<Slot>(1024);  // a power of two, at most half are taken
};

}  // namespace dlcore
