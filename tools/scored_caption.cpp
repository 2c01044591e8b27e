#include "tools/scored_caption.h"

namespace dlcore {

ScoredCaption scored_caption(const Vocabulary& vocabulary, const Caption& caption) {
  ScoredCaption scored{vocabulary.decode(caption.words), caption.score, {}, caption.log_probabilities};
  for (const auto word : caption.words) scored.words.push_back(vocabulary.word(word));
  if (caption.log_probabilities.size() > caption.words.size())
    scored.words.push_back(vocabulary.word(vocabulary.end()));
  return scored;
}

}  // namespace dlcore
