#include "models/spelled_caption.h"

namespace dlcore {

ScoredCaption spell(const Caption& caption, const Vocabulary& vocabulary) {
  ScoredCaption spelled{vocabulary.decode(caption.words), caption.score, {}, caption.log_probabilities};
  if (spelled.log_probabilities.empty()) return spelled;
  for (const auto word : caption.words) spelled.words.push_back(vocabulary.word(word));
  if (spelled.log_probabilities.size() > spelled.words.size())
    spelled.words.push_back(vocabulary.word(vocabulary.end()));
  return spelled;
}

}  // namespace dlcore
