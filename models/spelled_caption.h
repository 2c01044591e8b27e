// A caption's words as text.
#pragma once

#include "io/caption_results.h"
#include "io/vocabulary.h"
#include "models/decode_options.h"

namespace dlcore {

/// With the words and their log-probabilities where it has them: as many, with <END> where that was reached.
ScoredCaption spell(const Caption& caption, const Vocabulary& vocabulary);

}  // namespace dlcore
