// A model that is trained further.
#pragma once

#include <string>

#include "io/vocabulary.h"
#include "models/captioner.h"
#include "models/encoder.h"

namespace dlcore {

/// Copies the weights of a model file (models/model_file.h) into a captioner and, unless it is null, its
/// encoder. Throws Error where the vocabulary is another, or a weight is missing there or has another shape.
void load_initial_weights(const std::string& path, const Vocabulary& vocabulary, CaptioningRNN& captioner,
                          Encoder* encoder);

}  // namespace dlcore
