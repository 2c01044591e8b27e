#include "models/caption_rewards.h"

#include "core/error.h"
#include "models/bleu.h"

namespace dlcore {

CaptionRewards::CaptionRewards(const CaptionSplit& split, const Vocabulary& vocabulary, double bleu4)
    : references_(split, vocabulary), matcher_(references_.matcher()), bleu4_(bleu4) {}

std::vector<double> CaptionRewards::operator()(std::span<const std::int32_t> images,
                                               std::span<const std::vector<std::int32_t>> captions) {
  const NgramLists ngrams = references_.look_up(captions);
  std::vector<double> rewards;
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const auto image = static_cast<std::size_t>(images[i]);
    require(!references_[image].empty(), "a caption of image {} has no reward: the image has no captions",
            image);
    matcher_.compare(ngrams[i]);
    double reward = references_.cider(matcher_, image);
    if (bleu4_ > 0) reward += bleu4_ * bleu(bleu_counts(matcher_, references_[image]))[3];
    rewards.push_back(reward);
  }
  return rewards;
}

}  // namespace dlcore
