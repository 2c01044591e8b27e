// Captions of words that are drawn, each caption for itself.
#pragma once

#include <span>

#include "models/decode_step.h"

namespace dlcore {

/// options.n_best captions of each image. The number that draws word t of caption s comes from options.seed,
/// keys[image], s and t alone (Philox), so that an image with its key has the same captions in every batch
/// and on every device, as far as the scores are the same. keys: (images). Throws Error where a caption can
/// not go on.
std::vector<std::vector<Caption>> sample_captions(std::int64_t images, const DecodeTokens& tokens,
                                                  const DecodeOptions& options,
                                                  std::span<const std::uint64_t> keys, const DrawWords& step);

/// In [0, 1), with 53 random bits.
double drawing_number(std::uint64_t seed, std::uint64_t key, std::int64_t caption, std::int64_t step);

}  // namespace dlcore
