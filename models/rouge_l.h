// ROUGE-L (Lin 2004, https://aclanthology.org/W04-1013) with coco-caption's choices: beta = 1.2, and the best
// precision and the best recall over the references, which may be those of different ones.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/caption_words.h"

namespace dlcore {

/// With P and R the length of the longest common subsequence over that of the caption and of the reference:
/// (1 + beta^2) P R / (R + beta^2 P), and 0 where they have nothing in common. `references`: at least one.
double rouge_l(const CaptionWords& caption, std::span<const CaptionWords> references);

}  // namespace dlcore
