// What a validation says of a model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/html/gallery.h"
#include "models/caption_validation.h"

namespace dlcore {

struct Validation {
  double loss = 0;                           // mean over examples
  std::optional<double> loss_shuffled = {};  // of captions: with the images exchanged among them; NaN where
                                             // no batch allowed it
  std::optional<double> accuracy = {};       // of classes: the share of examples whose class is the likeliest
  std::optional<CaptionReport> captions = {};  // of train.caption_images
  Gallery gallery = {};                        // of train.gallery_images
};

/// The figures by which models are compared: loss, accuracy, bleu4, rouge_l, cider. Of all but the loss
/// higher ones are better.
std::vector<std::string> validation_figures();

/// Throws Error, with the reason, where the validation does not have the figure.
double figure_of(const std::string& name, const Validation& validation);

}  // namespace dlcore
