// The list of layers in YAML. Internal to models.
#pragma once

#include <yaml-cpp/yaml.h>

#include "models/graph_config.h"

namespace dlcore {

/// Throws Error "must be ..." without the list's name.
GraphConfig read_graph(const YAML::Node& list);

}  // namespace dlcore
