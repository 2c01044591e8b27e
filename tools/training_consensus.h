// The training images of the run that made a model, with their captions: what --neighbors compares with.
#pragma once

#include <memory>
#include <string>

#include "models/caption_consensus.h"
#include "models/photo_captioner.h"

namespace dlcore {

/// Of the data that config.yaml beside the model names, or the configuration file `config` where that is not
/// empty. photos: what captions photos, where the program does, by which stored pictures are encoded. Throws
/// Error where a file is missing, or model and data do not belong together.
std::unique_ptr<CaptionConsensus> training_consensus(const std::string& model_path, const std::string& config,
                                                     const CaptionModel& model, PhotoCaptioner* photos,
                                                     const Stream& stream);

}  // namespace dlcore
