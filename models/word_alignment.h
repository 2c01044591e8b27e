// Which words of a caption are which of a reference: METEOR's alignment (Denkowski and Lavie 2014,
// https://aclanthology.org/W14-3348) with its matchers "exact" and "stem".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dlcore {

/// A word by number: equal words have equal numbers, and words with equal stems equal stems.
struct StemmedWord {
  std::int32_t word = 0;
  std::int32_t stem = 0;
};

/// [reference word]: the caption's word that it is aligned with, or -1. Each word is in one pair at most, and
/// the words of a pair have the same stem.
///
/// Searched for is the alignment with the most pairs of equal words, of these the one with the fewest chunks,
/// then the one with the smallest differences of position: by METEOR 1.5's beam search, with the same results
/// where the beam is too narrow. Two of its ways are not in the paper and are kept: pairs of the same stem
/// alone do not count as matches in the search (its sum drops their fraction), and the difference of position
/// of a pair that was chosen counts for what is tried after it, not for the pair's own alignment.
std::vector<std::int32_t> align_words(std::span<const StemmedWord> caption,
                                      std::span<const StemmedWord> reference);

/// Runs of pairs that stand side by side in both texts.
std::int64_t count_chunks(std::span<const std::int32_t> alignment);

}  // namespace dlcore
