#include "models/graph_config.h"

#include "core/format.h"
#include "models/graph_yaml.h"

namespace dlcore {
namespace {

std::string place_of(const YAML::Node& node) {
  return fmt::format("line {}", node.Mark().line + 1);
}

// A number or true and false; else text. Quotes make a text of anything.
Attributes::Value attribute_value(const YAML::Node& node) {
  const bool quoted = node.Tag() == "!";
  std::int64_t integer = 0;
  double number = 0;
  bool flag = false;
  if (!quoted && YAML::convert<std::int64_t>::decode(node, integer)) return integer;
  if (!quoted && YAML::convert<double>::decode(node, number)) return number;
  if (!quoted && YAML::convert<bool>::decode(node, flag)) return std::int64_t{flag};  // as layers take flags
  return node.Scalar();
}

std::string text_of(const YAML::Node& value, const std::string& key) {
  require(value.IsScalar() && !value.Scalar().empty(), "must have text for '{}' at {}", key, place_of(value));
  return value.Scalar();
}

std::vector<std::string> names_of(const YAML::Node& value) {
  if (value.IsScalar()) return {text_of(value, "inputs")};
  require(value.IsSequence() && value.size() > 0, "must have a list of names for 'inputs' at {}",
          place_of(value));
  std::vector<std::string> names;
  for (const auto& one : value) names.push_back(text_of(one, "inputs"));
  return names;
}

GraphConfig::Node read_node(const YAML::Node& item) {
  require(item.IsMap(), "must have layers as {{layer: TYPE, ...}}, but there is something else at {}",
          place_of(item));
  GraphConfig::Node node;
  node.place = place_of(item);
  std::vector<std::string> seen;
  for (const auto& pair : item) {
    require(pair.first.IsScalar(), "must have text as keys of a layer, unlike at {}", place_of(pair.first));
    const std::string key = pair.first.Scalar();
    for (const auto& one : seen)
      require(one != key, "must not have the key '{}' twice in the layer at {}", key, node.place);
    seen.push_back(key);
    if (key == "layer")
      node.layer = text_of(pair.second, key);
    else if (key == "name")
      node.name = text_of(pair.second, key);
    else if (key == "inputs")
      node.inputs = names_of(pair.second);
    else {
      require(pair.second.IsScalar(), "must have one value for '{}' at {}", key, place_of(pair.first));
      node.attributes.set(key, attribute_value(pair.second));
    }
  }
  require(!node.layer.empty(), "must name a layer in each item, as {{layer: TYPE}}, unlike at {}",
          node.place);
  return node;
}

void emit(YAML::Emitter& out, const GraphConfig::Node& node) {
  out << YAML::Flow << YAML::BeginMap << YAML::Key << "layer" << YAML::Value << node.layer;
  if (!node.name.empty()) out << YAML::Key << "name" << YAML::Value << node.name;
  if (!node.inputs.empty()) out << YAML::Key << "inputs" << YAML::Value << node.inputs;
  for (const auto& [key, value] : node.attributes.values()) {
    out << YAML::Key << key << YAML::Value;
    if (const auto* text = std::get_if<std::string>(&value))
      out << YAML::DoubleQuoted << *text;
    else if (const auto* number = std::get_if<double>(&value))
      out << fmt::format("{}", *number);
    else if (const auto* integer = std::get_if<std::int64_t>(&value))
      out << *integer;
    else
      out << std::get<bool>(value);
  }
  out << YAML::EndMap;
}

// A list in a map is emitted over several lines.
std::string on_one_line(std::string_view yaml) {
  std::string line;
  bool broken = false;
  for (const char c : yaml) {
    if (c == '\n') broken = true;
    if (broken && (c == '\n' || c == ' ')) continue;
    if (broken) line += ' ';
    broken = false;
    line += c;
  }
  return line;
}

}  // namespace

GraphConfig read_graph(const YAML::Node& list) {
  GraphConfig config;
  if (list.IsNull()) return config;
  require(list.IsSequence(), "must be a list of layers, each as {{layer: TYPE, ...}}");
  for (const auto& item : list) config.nodes.push_back(read_node(item));
  return config;
}

std::vector<std::string> graph_lines(const GraphConfig& config) {
  std::vector<std::string> lines;
  for (const auto& node : config.nodes) {
    YAML::Emitter out;
    emit(out, node);
    lines.push_back(on_one_line(out.c_str()));
  }
  return lines;
}

std::string to_yaml(const GraphConfig& config) {
  return fmt::format("[{}]", fmt::join(graph_lines(config), ", "));
}

GraphConfig parse_graph(const std::string& yaml) {
  try {
    return read_graph(YAML::Load(yaml));
  } catch (const YAML::Exception& error) {
    fail("must be YAML, but at line {}: {}", error.mark.line + 1, error.msg);
  }
}

}  // namespace dlcore
