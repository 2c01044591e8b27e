// From photos to what a captioner reads: the encoder that belongs to a model file.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "models/encoder_features.h"
#include "models/model_file.h"

namespace dlcore {

/// Adds --weights, for photo_encoder().
void add_weights_option(CLI::App& app, std::string& weights);

/// The encoder that was trained with the captioner, which leaves the model, or the one that made the features
/// that it was trained on. path: the model's, for messages; weights: in place of the file that the model
/// names. Throws Error where there is none, and where it makes features of another shape.
std::unique_ptr<EncoderFeatures> photo_encoder(const std::string& path, CaptionModel& model,
                                               const std::string& weights, Device device);

/// What an image's random numbers come from when words are drawn: its name without the folder, or its id, so
/// that they are the same in every batch.
std::uint64_t sampling_key(const std::string& name);

}  // namespace dlcore
