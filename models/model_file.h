// A captioner in one file, model.safetensors: weights (and feature statistics) by name; vocabulary,
// configuration and how its features are made in the metadata. It loads on any device, whichever wrote it.
#pragma once

#include <memory>
#include <string>

#include "io/vocabulary.h"
#include "models/captioner.h"
#include "models/encoder.h"

namespace dlcore {

struct CaptionModel {
  std::unique_ptr<CaptioningRNN> captioner;
  std::unique_ptr<Encoder> encoder;  // where it was trained with the captioner; nullptr: it reads features
  Vocabulary vocabulary;
  std::string features_description;  // JSON; empty where the training data did not say
};

/// Writes the file whole or not at all.
/// encoder: nullptr where the captioner reads features. The description is of the features, or of the
/// pictures that the encoder was trained on.
void save_model(const std::string& path, const CaptioningRNN& captioner, const Encoder* encoder,
                const Vocabulary& vocabulary, const std::string& features_description);

/// Throws Error when the file is no such model, when a tensor is missing or has another shape, or when the
/// vocabulary has another size than the configuration. Takes no more than 8 times the file's bytes, and for
/// an encoder its own size: what the configuration says is compared with the tensors first.
CaptionModel load_model(const std::string& path, Device device);

}  // namespace dlcore
