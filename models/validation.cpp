#include "models/validation.h"

#include "core/format.h"

namespace dlcore {

std::vector<std::string> validation_figures() {
  return {"loss", "accuracy", "bleu4", "rouge_l", "cider"};
}

double figure_of(const std::string& name, const Validation& validation) {
  if (name == "loss") return validation.loss;
  if (name == "accuracy") {
    require(validation.accuracy.has_value(), "validation by accuracy needs targets that are classes");
    return *validation.accuracy;
  }
  require(validation.captions.has_value(),
          "validation by {} needs captions of images: set train.caption_images", name);
  const CaptionScores& scores = validation.captions->scores;
  if (name == "bleu4") return scores.bleu[3];
  if (name == "rouge_l") return scores.rouge_l;
  require(name == "cider", "there is no figure '{}' of a validation: there are {}", name,
          fmt::join(validation_figures(), ", "));
  return scores.cider;
}

}  // namespace dlcore
