// Beam search: keeps the best hypotheses of each image, step by step.
//
// In each step a hypothesis can go on with its best words; of all those of an image (of a group) the `beam`
// best that do not end are kept, and one that ends is a caption if it is among the `beam` best. Of equal
// scores the better hypothesis of the step before comes first, then the smaller word. <END> has no penalty in
// diverse groups.
//
// An image is done when none of its hypotheses can still be better than its n best captions (in each of its
// groups; of a smaller group, than as many as it has hypotheses): a sum of log-probabilities only falls, and
// is divided by max_length^alpha at most. With a beam that holds all hypotheses the result is therefore that
// of trying all captions.
#pragma once

#include "models/decode_step.h"

namespace dlcore {

/// The n best captions of each image; of equal scores the one with fewer steps first. An image's result does
/// not depend on the others. Throws Error where an image has no caption.
std::vector<std::vector<Caption>> beam_search(std::int64_t images, const DecodeTokens& tokens,
                                              const DecodeOptions& options, const TopWords& step);

}  // namespace dlcore
