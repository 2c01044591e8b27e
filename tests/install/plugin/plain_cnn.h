// An encoder outside of dlcore's own: one convolution per stage.
#pragma once

#include "models/encoder_trunk.h"

namespace example {

/// A stem and up to four stages, each a 3x3 convolution of stride 2 with batch normalisation and ReLU, of 8,
/// then 16, 32, 64 and 128 channels.
std::vector<dlcore::TrunkStage> plain_cnn(dlcore::Graph& graph, const std::string& input,
                                          const std::string& level);

}  // namespace example
