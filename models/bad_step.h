// A training step whose loss or gradients are not finite numbers, for people who look for the reason.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "io/caption_data.h"
#include "layers/parameter.h"

namespace dlcore {

struct BadStep {
  struct Gradient {
    std::string parameter;
    std::int64_t not_finite = 0, elements = 0;
  };
  struct Examples {
    std::string name;                                                           // what they are: "captions"
    std::vector<std::vector<std::pair<std::string, std::string>>> fields = {};  // of each: "image", "caption"
  };

  std::int64_t epoch = 0, step = 0;
  double loss = 0, gradient_norm = 0;
  std::vector<Gradient> gradients = {};  // that are not finite
  Examples examples = {};                // that the step learned from
};

/// The parameters whose gradients are not finite, in their order; waits for the device. `prefix` stands
/// before their names.
std::vector<BadStep::Gradient> gradients_not_finite(const ParameterSet& parameters,
                                                    const std::string& prefix);

/// Captions of a split by their rows in it, each with its image's file name, or the image's row.
BadStep::Examples captions_at(const CaptionSplit& split, const Vocabulary& vocabulary,
                              const std::vector<std::int64_t>& rows);
/// Captions (of ids, <END> may follow) of images by their rows in the split.
BadStep::Examples captions_of_images(const CaptionSplit& split, const Vocabulary& vocabulary,
                                     const std::vector<std::int32_t>& images,
                                     const std::vector<std::vector<std::int32_t>>& captions);

/// "the loss of step 7 (epoch 2) is not a number, and so are the gradients of embed.weight and 3 others"
std::string describe(const BadStep& step);
/// Writes `folder`/not_finite_STEP.json and returns its path.
std::string write_bad_step(const std::string& folder, const BadStep& step);
/// Whether a file's name is that of such a file.
bool is_bad_step_file(const std::string& name);

/// What ends a training, or sends it back to its last checkpoint.
class NotFinite : public Error {
 public:
  using Error::Error;
};

}  // namespace dlcore
