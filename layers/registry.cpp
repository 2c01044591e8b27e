#include "layers/registry.h"

#include "core/named_table.h"
#include "layers/activation.h"
#include "layers/add.h"
#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/conv_norm.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/flatten.h"
#include "layers/last_step.h"
#include "layers/linear.h"
#include "layers/number_losses.h"
#include "layers/pooling.h"
#include "layers/recurrent.h"
#include "layers/softmax_loss.h"
#include "layers/squeeze_excite.h"
#include "layers/standardize.h"
#include "layers/temporal_softmax_loss.h"
#include "layers/vocabulary_loss.h"
#include "layers/window_attributes.h"

namespace dlcore {
namespace {

std::int32_t ignore_index(const Attributes& a) {
  return static_cast<std::int32_t>(a.integer("ignore_index", 0));
}

RecurrentLayer::StateDropout state_dropout(const Attributes& a) {
  return {a.number("state_dropout", 0), static_cast<std::uint64_t>(a.integer("site", 0))};
}

ConvolutionShape convolution(const Attributes& a) {
  return {a.integer("in"), a.integer("out"), a.integer("groups", 1), window_of(a)};
}

BatchNormSettings batch_norm(const Attributes& a, std::int64_t channels) {
  return {channels, a.number("eps", 1e-5), a.number("momentum", 0.1), true, a.integer("relu", 0) != 0};
}

std::unique_ptr<Layer> batch_norm_2d(const Attributes& a) {
  BatchNormSettings settings = batch_norm(a, a.integer("channels"));
  settings.affine = a.integer("affine", 1) != 0;
  return std::make_unique<BatchNorm2d>(settings);
}

std::unique_ptr<Layer> pool(const Attributes& a, Pool2d::Kind kind) {
  const bool count_padding = kind == Pool2d::Kind::average && a.integer("count_padding", 1) != 0;
  return std::make_unique<Pool2d>(kind, window_of(a, true), count_padding);
}

std::unique_ptr<Layer> adaptive_pool(const Attributes& a, Pool2d::Kind kind) {
  const std::int64_t size = a.integer("out", 1);
  return std::make_unique<Pool2d>(kind, size, a.integer("out_w", size));
}

// One line per layer: its type, and how its attributes become constructor arguments.
NamedTable<LayerMaker>& table() {
  using A = const Attributes&;
  static NamedTable<LayerMaker> makers(
      "layer",
      {
          {"AdaptiveAvgPool2d", [](A a) { return adaptive_pool(a, Pool2d::Kind::average); }},
          {"AdaptiveMaxPool2d", [](A a) { return adaptive_pool(a, Pool2d::Kind::maximum); }},
          {"Add", [](A) { return std::make_unique<Add>(); }},
          {"AvgPool2d", [](A a) { return pool(a, Pool2d::Kind::average); }},
          {"BatchNorm2d", [](A a) { return batch_norm_2d(a); }},
          {"BinaryLoss", [](A) { return std::make_unique<BinaryLoss>(); }},
          {"Conv2d", [](A a) { return std::make_unique<Conv2d>(convolution(a), a.integer("bias", 1) != 0); }},
          {"ConvNorm",
           [](A a) { return std::make_unique<ConvNorm>(convolution(a), batch_norm(a, a.integer("out"))); }},
          {"Dropout",
           [](A a) {
             return std::make_unique<Dropout>(a.number("p"),
                                              static_cast<std::uint64_t>(a.integer("site", 0)));
           }},
          {"Embedding", [](A a) { return std::make_unique<Embedding>(a.integer("V"), a.integer("D")); }},
          {"Flatten", [](A) { return std::make_unique<Flatten>(); }},
          {"LSTM",
           [](A a) { return std::make_unique<LSTM>(a.integer("D"), a.integer("H"), state_dropout(a)); }},
          {"LastStep", [](A) { return std::make_unique<LastStep>(); }},
          {"Linear", [](A a) { return std::make_unique<Linear>(a.integer("in"), a.integer("out")); }},
          {"MaxPool2d", [](A a) { return pool(a, Pool2d::Kind::maximum); }},
          {"RNN",
           [](A a) { return std::make_unique<RNN>(a.integer("D"), a.integer("H"), state_dropout(a)); }},
          {"ReLU", [](A) { return std::make_unique<Activation>(Activation::Kind::relu); }},
          {"Sigmoid", [](A) { return std::make_unique<Activation>(Activation::Kind::sigmoid); }},
          {"SoftmaxLoss", [](A a) { return std::make_unique<SoftmaxLoss>(a.number("label_smoothing", 0)); }},
          {"SquaredLoss", [](A) { return std::make_unique<SquaredLoss>(); }},
          {"SqueezeExcite",
           [](A a) { return std::make_unique<SqueezeExcite>(a.integer("channels"), a.integer("squeezed")); }},
          {"Standardize",
           [](A a) { return std::make_unique<Standardize>(a.integer("channels"), a.integer("spatial", 1)); }},
          {"Tanh", [](A) { return std::make_unique<Activation>(Activation::Kind::tanh); }},
          {"TemporalSoftmaxLoss",
           [](A a) {
             return std::make_unique<TemporalSoftmaxLoss>(ignore_index(a), a.number("label_smoothing", 0));
           }},
          {"VocabularyLoss",
           [](A a) {
             return std::make_unique<VocabularyLoss>(a.integer("H"), a.integer("V"), ignore_index(a),
                                                     a.integer("chunk", 0), a.number("label_smoothing", 0));
           }},
      });
  return makers;
}

}  // namespace

std::unique_ptr<Layer> make_layer(const std::string& type, const Attributes& attributes) {
  const LayerMaker maker = table().at(type);
  std::unique_ptr<Layer> layer;
  try {
    layer = maker(attributes);
    attributes.expect_all_used("layer " + type);
  } catch (const Error& error) {
    const std::string text = error.what();
    if (text.starts_with("layer ")) throw;
    fail("layer {}: {}", type, text);
  }
  return layer;
}

std::vector<std::string> layer_types() {
  return table().names();
}

void register_layer(const std::string& type, LayerMaker maker) {
  table().add(type, std::move(maker));
}

}  // namespace dlcore
