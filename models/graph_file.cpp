#include "models/graph_file.h"

#include <nlohmann/json.hpp>

#include "core/format.h"
#include "io/json_text.h"
#include "io/safetensors.h"

namespace dlcore {
namespace {

constexpr const char* format_name = "dlcore network";
constexpr const char* format_version = "1";

nlohmann::json to_json(const Shape& shape) {
  return std::vector<std::int64_t>(shape.sizes().begin(), shape.sizes().end());
}

Shape shape_from(const nlohmann::json& json) {
  const Shape shape(json_integers(json, "a shape"));
  for (const std::int64_t size : shape.sizes()) require(size > 0, "a size of {}", shape);
  return shape;
}

struct Description {
  ExampleShapes shapes;
  std::vector<std::string> class_names;
  DType type;
};

Description describe(const std::string& path, const std::string& text) {
  try {
    const auto json = parse_json(text, "it");
    Description description{
        {shape_from(json.at("input")), json_integer<std::int64_t>(json.at("classes"), "classes"),
         shape_from(json.at("target")), json.value("bytes", false)},
        json.at("class_names").get<std::vector<std::string>>(),
        dtype_from_name(json.at("type").get<std::string>())};
    require(description.shapes.classes >= 0, "{} classes", description.shapes.classes);
    require(is_floating(description.type), "the type {}", description.type);
    return description;
  } catch (const std::exception& error) {
    fail("{}: what the network's data are cannot be read: {}", path, json_reason(error));
  }
}

void require_shapes(const SafetensorsReader& file, const ParameterSet& parameters) {
  for (const auto& [name, parameter] : parameters.entries()) {
    const Shape shape = file.shape(name);
    require(shape == parameter->shape, "tensor '{}' has shape {}, but the network needs {}", name, shape,
            parameter->shape);
  }
}

}  // namespace

void save_graph_model(const std::string& path, const GraphModel& model,
                      const std::vector<std::string>& class_names) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, parameter] : model.parameters().entries())
    tensors.push_back({name, parameter->value});
  const nlohmann::json data{{"input", to_json(model.shapes().input)},
                            {"classes", model.shapes().classes},
                            {"target", to_json(model.shapes().target)},
                            {"bytes", model.shapes().bytes},
                            {"class_names", class_names},
                            {"type", name_of(model.dtype())}};
  write_safetensors(path, tensors,
                    {{"format", format_name},
                     {"version", format_version},
                     {"graph", to_yaml(model.config())},
                     {"data", to_text(data)}});
}

StoredGraphModel load_graph_model(const std::string& path, Device device) {
  const SafetensorsReader file(path);
  const auto format = file.metadata().find("format");
  require(format != file.metadata().end() && format->second == format_name,
          "{}: not a dlcore network: its metadata should have format = \"{}\"", path, format_name);
  require(file.metadata("version") == format_version, "{}: expected network format version {}, not {}", path,
          format_version, file.metadata("version"));
  const Description description = describe(path, file.metadata("data"));
  std::unique_ptr<GraphModel> model;
  try {
    model = std::make_unique<GraphModel>(
        parse_graph(file.metadata("graph")), description.shapes, description.type, device,
        [&](const ParameterSet& parameters) { require_shapes(file, parameters); });
  } catch (const Error& error) {
    fail("{}: the network cannot be made: {}", path, error.what());
  }
  for (const auto& [name, parameter] : model->parameters().entries())
    copy(Stream(device), file.read(name).to(parameter->value.dtype()).to(device), parameter->value);
  return {std::move(model), description.class_names};
}

}  // namespace dlcore
