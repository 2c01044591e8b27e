#include "models/graph_model.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <utility>

#include "core/format.h"
#include "layers/registry.h"

namespace dlcore {
namespace {

constexpr std::int64_t probe = 2;          // examples with which shapes are tried out
constexpr std::int64_t first_site = 1000;  // of dropout, beyond those of captioners
constexpr std::int64_t largest = std::int64_t{1}
                                 << 20;  // attribute: sizes made of a few of them can be counted

Shape batch_of(std::int64_t N, const Shape& example) {
  std::vector<std::int64_t> sizes{N};
  sizes.insert(sizes.end(), example.sizes().begin(), example.sizes().end());
  return Shape(sizes);
}

std::string small_letters(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// What layers make, and who reads it, while the network is put together.
class Values {
 public:
  void add(const std::string& name, const Spec& spec) { values_[name] = {spec, ""}; }
  bool has(const std::string& name) const { return values_.contains(name); }

  const Spec& read(const std::string& name, const std::string& reader) {
    const auto found = values_.find(name);
    if (found == values_.end()) {
      std::string names;
      for (const auto& [known, value] : values_) names += (names.empty() ? "" : ", ") + known;
      fail("reads '{}', which no layer before it makes: there are {}", name, names);
    }
    if (found->second.reader.empty()) found->second.reader = reader;
    return found->second.spec;
  }
  /// Empty: nobody.
  const std::string& reader(const std::string& name) const { return values_.at(name).reader; }
  const auto& all() const { return values_; }

 private:
  struct Value {
    Spec spec;
    std::string reader;
  };
  std::map<std::string, Value> values_;
};

// Adds one layer after the other, each with the name, inputs and sizes that it leaves open.
class Builder {
 public:
  Builder(GraphConfig& config, const ExampleShapes& shapes, DType type, Device device)
      : config_(config), context_{.stream = Stream(device), .training = true} {
    values_.add("input", {batch_of(probe, shapes.input), type});
  }

  void network(Graph& graph) {
    graph.input("input");
    for (std::size_t i = 0; i + 1 < config_.nodes.size(); ++i)
      at(i, [&](GraphConfig::Node& node) {
        std::vector<Spec> specs;
        for (const auto& name : node.inputs) specs.push_back(values_.read(name, node.name));
        std::unique_ptr<Layer> layer = make(node, specs, i);
        const Plan plan = layer->plan(context_, specs);
        for (std::size_t k = 0; k < plan.outputs.size(); ++k)
          values_.add(k == 0 ? node.name : fmt::format("{}.{}", node.name, k), plan.outputs[k]);
        graph.add(node.name, std::move(layer), node.inputs);
      });
  }

  // Returns the name and shape of what the loss reads.
  std::pair<std::string, Spec> loss(Graph& graph, const Spec& targets) {
    std::pair<std::string, Spec> scores;
    at(config_.nodes.size() - 1, [&](GraphConfig::Node& node) {
      require(node.inputs.size() == 2 && node.inputs[1] == "target",
              "is the last layer and so the loss, which reads scores and target: its inputs must be [SCORES, "
              "target]");
      const std::string& name = node.inputs[0];
      const bool was_read = values_.has(name) && !values_.reader(name).empty();
      scores = {name, values_.read(name, node.name)};
      require(name != "input", "is the loss, but there is no layer between the input and it");
      require(!was_read,
              "is the loss and reads '{}', which '{}' reads, too: give the loss a layer of its own", name,
              values_.reader(name));
      std::unique_ptr<Layer> layer = make(node, {scores.second, targets}, config_.nodes.size() - 1);
      require(layer->parameters().empty(), "is the last layer and so the loss, but it has parameters");
      const Plan plan = layer->plan(context_, std::vector<Spec>{scores.second, targets});
      require(plan.outputs.size() == 1 && plan.outputs[0].shape.numel() == 1,
              "is the last layer and so the loss, but makes {} and not one number",
              plan.outputs.empty() ? Shape{0} : plan.outputs[0].shape);
      graph.input("scores", true);
      graph.input("target");
      graph.add("loss", std::move(layer), {"scores", "target"});
    });
    for (const auto& [name, value] : values_.all())
      require(!value.reader.empty(), "graph: nothing reads what '{}' makes", name);
    return scores;
  }

 private:
  template <class Work>
  void at(std::size_t i, Work work) {
    GraphConfig::Node& node = config_.nodes[i];
    complete(node, i);
    try {
      work(node);
    } catch (const Error& error) {
      const bool by_layer = std::string_view(error.what()).starts_with("layer ");
      fail("{}: graph: '{}'{} {}", node.place, node.name, by_layer ? ":" : fmt::format(" ({})", node.layer),
           error.what());
    }
  }

  void complete(GraphConfig::Node& node, std::size_t i) {
    const std::int64_t number = ++numbers_[node.layer];
    if (node.name.empty()) node.name = fmt::format("{}{}", small_letters(node.layer), number);
    require(!values_.has(node.name) && node.name != "target" && node.name.find('.') == std::string::npos,
            "{}: graph: the name '{}' {}", node.place, node.name,
            node.name.find('.') != std::string::npos ? "must be without a dot" : "is taken");
    if (!node.inputs.empty()) return;
    node.inputs = {i == 0 ? "input" : config_.nodes[i - 1].name};
    if (i + 1 == config_.nodes.size()) node.inputs.emplace_back("target");
  }

  static std::unique_ptr<Layer> make(const GraphConfig::Node& node, const std::vector<Spec>& inputs,
                                     std::size_t i) {
    Attributes attributes = node.attributes;
    for (const auto& [key, value] : attributes.values())
      if (const auto* number = std::get_if<std::int64_t>(&value))
        require(std::abs(*number) <= largest, "has {} for '{}', more than {}", *number, key, largest);
    const std::int64_t channels = inputs[0].shape.cols();
    for (const char* key : {"in", "channels", "D"}) attributes.suggest(key, channels);
    attributes.suggest("site", first_site + static_cast<std::int64_t>(i));
    return make_layer(node.layer, attributes);
  }

  GraphConfig& config_;
  Context context_;
  Values values_;
  std::map<std::string, std::int64_t> numbers_;
};

}  // namespace

GraphModel::GraphModel(const GraphConfig& config, const ExampleShapes& shapes, DType type, Device device,
                       const std::function<void(const ParameterSet&)>& before_memory)
    : config_(config), shapes_(shapes), type_(type), device_(device) {
  require(config.nodes.size() >= 2, "graph: a network has two layers at least, and the last one is its loss");
  Builder builder(config_, shapes, type, device);
  builder.network(network_);
  const auto [name, spec] = builder.loss(loss_, targets_of(probe));
  scores_ = name;
  scores_shape_ = Shape(spec.shape.sizes().subspan(1));
  require(shapes.classes == 0 || spec.shape.cols() >= shapes.classes,
          "graph: the data have {} classes, but '{}' makes {} scores", shapes.classes, scores_,
          spec.shape.cols());
  if (before_memory) before_memory(network_.parameters());
  network_.allocate(type, device);
  loss_.allocate(type, device);
}

Spec GraphModel::targets_of(std::int64_t N) const {
  if (shapes_.classes > 0) return {{N}, DType::int32};
  return {batch_of(N, shapes_.target), arithmetic_of(type_)};
}

void GraphModel::initialize(std::uint64_t seed) {
  Random random(seed);
  parameters().initialize(random);
}

Tensor GraphModel::forward(const Context& context, const Tensor& inputs) {
  network_.forward(context, {{"input", inputs}});
  return network_.value(scores_);
}

Tensor GraphModel::loss(const Context& context, const Tensor& scores, const Tensor& targets) {
  loss_.forward(context, {{"scores", scores}, {"target", targets}});
  return loss_.value("loss");
}

void GraphModel::backward(const Context& context) {
  loss_.backward(context, "loss");
  network_.backward(context, scores_, loss_.input_gradient("scores"));
}

void GraphModel::reserve(const Context& context, std::int64_t N) {
  network_.reserve(context, {{"input", {batch_of(N, shapes_.input), type_}}});
  loss_.reserve(context, {{"scores", {batch_of(N, scores_shape_), type_}}, {"target", targets_of(N)}});
}

}  // namespace dlcore
