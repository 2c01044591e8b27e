// A decoded caption in words.
#pragma once

#include "io/caption_results.h"
#include "io/vocabulary.h"
#include "models/decode_options.h"

namespace dlcore {

/// With the words that its log-probabilities are of: <END> is the last of them where it was reached.
ScoredCaption scored_caption(const Vocabulary& vocabulary, const Caption& caption);

}  // namespace dlcore
