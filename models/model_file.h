// A captioner in one file, model.safetensors: weights (and feature statistics) by name; vocabulary,
// configuration and how its features are made in the metadata. It loads on any device, whichever wrote it.
#pragma once

#include <memory>
#include <string>

#include "io/vocabulary.h"
#include "models/captioner.h"

namespace dlcore {

struct CaptionModel {
  std::unique_ptr<CaptioningRNN> captioner;
  Vocabulary vocabulary;
  std::string features_description;  // JSON; empty where the training data did not say
};

/// Writes the file whole or not at all.
void save_model(const std::string& path, const CaptioningRNN& captioner, const Vocabulary& vocabulary,
                const std::string& features_description);

/// Throws Error when the file is no such model, when a tensor is missing or has another shape, or when the
/// vocabulary has another size than the configuration.
CaptionModel load_model(const std::string& path, Device device);

}  // namespace dlcore
