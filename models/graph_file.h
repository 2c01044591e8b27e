// A network that a configuration described, in one file, model.safetensors: weights and statistics by name;
// its layers, what its data are and the names of the classes in the metadata.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/graph_model.h"

namespace dlcore {

struct StoredGraphModel {
  std::unique_ptr<GraphModel> model;
  std::vector<std::string> class_names;  // may be empty
};

/// Writes the file whole or not at all.
void save_graph_model(const std::string& path, const GraphModel& model,
                      const std::vector<std::string>& class_names);

/// Throws Error when the file is no such model, names a layer that is not known here, or lacks a tensor.
/// Takes no more than 8 times the file's bytes: what the layers need is compared with the tensors first.
StoredGraphModel load_graph_model(const std::string& path, Device device);

}  // namespace dlcore
