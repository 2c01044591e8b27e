// The table of layers: every layer can be made from its name and its attributes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/attributes.h"
#include "layers/layer.h"

namespace dlcore {

/// Makes the layer of this type. Throws Error for an unknown type (listing the known ones) and for a missing,
/// mistyped or unknown attribute.
std::unique_ptr<Layer> make_layer(const std::string& type, const Attributes& attributes);

std::vector<std::string> layer_types();

}  // namespace dlcore
