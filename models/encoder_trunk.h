// The table of encoders: what pictures pass through before they are features, by name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "layers/graph.h"

namespace dlcore {

/// The end of a stage: its value in the graph is (N, S / stride, S / stride, channels) of pictures of S
/// pixels, the quotient rounded up.
struct TrunkStage {
  std::string output;
  std::int64_t channels = 0;
  std::int64_t stride = 0;
};

/// Adds the stages up to `level` ("c2" to "c5", of strides 4, 8, 16 and 32; Error for one that it does not
/// have) to a graph, which has the pictures (N, S, S, 3) as the value `input`. The nodes must treat the
/// pictures of a batch independently of each other in inference.
using Trunk =
    std::function<std::vector<TrunkStage>(Graph& graph, const std::string& input, const std::string& level)>;

/// Throws Error for an unknown name, listing the known ones.
Trunk encoder_trunk(const std::string& name);

/// dlcore's own are the RegNets (models/regnet.h).
std::vector<std::string> encoder_names();

/// Adds an encoder, for configurations, data files and model files that name it. Throws Error for a name that
/// is taken. At any time, from any thread (core/named_table.h).
void register_encoder(const std::string& name, Trunk trunk);

}  // namespace dlcore
