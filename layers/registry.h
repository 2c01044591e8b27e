// The table of layers: every layer can be made from its name and its attributes.
#pragma once

#include <functional>
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

/// Makes a layer of its attributes, which it takes with attributes.integer(...) and the like.
using LayerMaker = std::function<std::unique_ptr<Layer>(const Attributes& attributes)>;

/// Adds a layer. Throws Error for a type that is taken. At any time, from any thread (core/named_table.h).
void register_layer(const std::string& type, LayerMaker maker);

}  // namespace dlcore
