#include "layers/registry.h"

#include <functional>
#include <map>

#include "core/error.h"
#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/linear.h"
#include "layers/recurrent.h"
#include "layers/standardize.h"
#include "layers/temporal_softmax_loss.h"
#include "layers/vocabulary_loss.h"

namespace dlcore {
namespace {

using Maker = std::function<std::unique_ptr<Layer>(const Attributes&)>;

std::int32_t ignore_index(const Attributes& a) {
  return static_cast<std::int32_t>(a.integer("ignore_index", 0));
}

// One line per layer: its type, and how its attributes become constructor arguments.
const std::map<std::string, Maker>& table() {
  using A = const Attributes&;
  static const std::map<std::string, Maker> makers{
      {"Dropout",
       [](A a) {
         return std::make_unique<Dropout>(a.number("p"), static_cast<std::uint64_t>(a.integer("site", 0)));
       }},
      {"Embedding", [](A a) { return std::make_unique<Embedding>(a.integer("V"), a.integer("D")); }},
      {"LSTM", [](A a) { return std::make_unique<LSTM>(a.integer("D"), a.integer("H")); }},
      {"Linear", [](A a) { return std::make_unique<Linear>(a.integer("in"), a.integer("out")); }},
      {"RNN", [](A a) { return std::make_unique<RNN>(a.integer("D"), a.integer("H")); }},
      {"ReLU", [](A) { return std::make_unique<Activation>(Activation::Kind::relu); }},
      {"Sigmoid", [](A) { return std::make_unique<Activation>(Activation::Kind::sigmoid); }},
      {"Standardize",
       [](A a) { return std::make_unique<Standardize>(a.integer("channels"), a.integer("spatial", 1)); }},
      {"Tanh", [](A) { return std::make_unique<Activation>(Activation::Kind::tanh); }},
      {"TemporalSoftmaxLoss", [](A a) { return std::make_unique<TemporalSoftmaxLoss>(ignore_index(a)); }},
      {"VocabularyLoss",
       [](A a) {
         return std::make_unique<VocabularyLoss>(a.integer("H"), a.integer("V"), ignore_index(a),
                                                 a.integer("chunk", 0));
       }},
  };
  return makers;
}

}  // namespace

std::unique_ptr<Layer> make_layer(const std::string& type, const Attributes& attributes) {
  const auto found = table().find(type);
  if (found == table().end()) {
    std::string known;
    for (const auto& name : layer_types()) known += (known.empty() ? "" : ", ") + name;
    fail("there is no layer '{}': the layers are {}", type, known);
  }
  std::unique_ptr<Layer> layer;
  try {
    layer = found->second(attributes);
    attributes.expect_all_used("layer " + type);
  } catch (const Error& error) {
    const std::string text = error.what();
    if (text.starts_with("layer ")) throw;
    fail("layer {}: {}", type, text);
  }
  return layer;
}

std::vector<std::string> layer_types() {
  std::vector<std::string> types;
  for (const auto& [type, maker] : table()) types.push_back(type);
  return types;
}

}  // namespace dlcore
