// A network as a configuration describes it: a list of layers.
#pragma once

#include <string>
#include <vector>

#include "layers/attributes.h"

namespace dlcore {

/// graph:
///   - {layer: Flatten}
///   - {layer: Linear, out: 128}
///   - {layer: ReLU, name: hidden}
///   - {layer: Linear, out: 10}
///   - {layer: SoftmaxLoss}
///
/// A layer reads what the one before it makes, the first one `input`; with `inputs: [a, b]` what those layers
/// make. Its name, by which others read it and its parameters are called, is by default its type in small
/// letters and a number: linear1, linear2. The other keys are the layer's attributes (layers/registry.h);
/// those that follow from what it reads may be left out: in, channels, D, and the site of a dropout. The last
/// layer is the loss, which reads what the one before it makes, and `target`.
struct GraphConfig {
  struct Node {
    std::string layer;                // its type, of layer_types()
    std::string name;                 // empty: by default
    std::vector<std::string> inputs;  // empty: by default
    Attributes attributes;
    std::string place;  // where it was read, for messages: "line 7"
  };
  std::vector<Node> nodes;

  bool empty() const { return nodes.empty(); }
};

/// Of each layer the YAML that it is read from, in one line: "{layer: Linear, out: 10}".
std::vector<std::string> graph_lines(const GraphConfig& config);
/// All of them as one YAML list, in one line.
std::string to_yaml(const GraphConfig& config);

/// Reads to_yaml's text, for instance of a model file. Throws Error that says what is wrong and where.
GraphConfig parse_graph(const std::string& yaml);

}  // namespace dlcore
