#include "models/captioner.h"

#include <algorithm>
#include <numeric>

#include "core/format.h"
#include "layers/cells.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/linear.h"
#include "layers/registry.h"
#include "layers/standardize.h"

namespace dlcore {
namespace {

// Sites of dropout (layers/dropout.h).
constexpr std::uint64_t embed_site = 1, output_site = 2, state_site = 3;

std::unique_ptr<RecurrentLayer> cell_of(const CaptionerConfig& config) {
  try {
    return make_cell(config.cell, config.wordvec_dim, config.hidden_dim, {config.state_dropout, state_site});
  } catch (const Error& error) {
    fail("captioner: {}", error.what());
  }
}

std::unique_ptr<Layer> initial_activation_of(const CaptionerConfig& config, DType type) {
  const std::vector<Spec> h{{{1, config.hidden_dim}, type}};
  try {
    std::unique_ptr<Layer> layer = make_layer(config.initial_activation, {});
    const Plan plan = layer->plan({}, h);
    require(plan.outputs.size() == 1 && plan.outputs[0].shape == h[0].shape && plan.outputs[0].type == type,
            "layer {} does not keep the shape of its input", layer->type());
    return layer;
  } catch (const Error& error) {
    fail("captioner: initial activation: {}", error.what());
  }
}

}  // namespace

CaptioningRNN::CaptioningRNN(const CaptionerConfig& config, DType type, Device device)
    : config_(config), type_(type), device_(device) {
  require(config.feature_shape.rank() == 1 || config.feature_shape.rank() == 3,
          "captioner: features must be a vector [D] or a grid [C, H, W], not {}", config.feature_shape);
  require(config.feature_size() > 0 && config.vocabulary_size > 0,
          "captioner: sizes must be positive, not features {} and vocabulary {}", config.feature_shape,
          config.vocabulary_size);
  for (const double p : {config.dropout, config.of_embedding(), config.of_output(), config.state_dropout})
    require(p >= 0 && p < 1, "captioner: dropout must be in [0, 1), not {}", p);
  std::unique_ptr<RecurrentLayer> cell = cell_of(config);
  graph_.input("features", config.feature_gradient);
  graph_.input("targets");
  std::string features = "features";
  if (config.standardize) {
    standardize_ = &graph_.add(
        "standardize", std::make_unique<Standardize>(config.channels(), config.spatial()), {features});
    features = "standardize";
  }
  project_ =
      &graph_.add("project", std::make_unique<Linear>(config.feature_size(), config.hidden_dim), {features});
  std::string state = "project";
  if (!config.initial_activation.empty()) {
    initial_activation_ = &graph_.add("initial_activation", initial_activation_of(config, type), {state});
    state = "initial_activation";
  }
  // Without dropout between the two, each word of a batch needs to be embedded and projected once only.
  const bool by_word = config.of_embedding() == 0;
  if (by_word) graph_.input("word_rows");
  graph_.input(by_word ? "words" : "inputs");
  embed_ = &graph_.add("embed", std::make_unique<Embedding>(config.vocabulary_size, config.wordvec_dim),
                       {by_word ? "words" : "inputs"});
  std::string words = "embed";
  if (!by_word) {
    graph_.add("embed_dropout", std::make_unique<Dropout>(config.of_embedding(), embed_site), {words});
    words = "embed_dropout";
  }
  const std::vector<std::string> cell_inputs =
      by_word ? std::vector<std::string>{words, "word_rows", state} : std::vector<std::string>{words, state};
  cell_ = &graph_.add("cell", std::move(cell), cell_inputs);
  std::string hidden = "cell";
  if (config.of_output() > 0) {
    graph_.add("hidden_dropout", std::make_unique<Dropout>(config.of_output(), output_site), {hidden});
    hidden = "hidden_dropout";
  }
  score_ = &graph_.add("score",
                       std::make_unique<VocabularyLoss>(config.hidden_dim, config.vocabulary_size,
                                                        config.null_index, 0, config.label_smoothing),
                       {hidden, "targets"});
  graph_.allocate(type, device);
}

void CaptioningRNN::initialize(std::uint64_t seed) {
  Random random(seed);
  parameters().initialize(random);
}

Tensor CaptioningRNN::forward(const Context& context, const CaptionBatch& batch) {
  Context packed = context;
  packed.packing = &batch.packing;
  graph_.forward(packed, {{"features", batch.features.to(type_)},
                          {"inputs", batch.inputs},
                          {"words", batch.words},
                          {"word_rows", batch.word_rows},
                          {"targets", batch.targets}});
  return graph_.value("score");
}

void CaptioningRNN::backward(const Context& context, const CaptionBatch& batch) {
  Context packed = context;
  packed.packing = &batch.packing;
  graph_.backward(packed, "score");
}

void CaptioningRNN::reserve(const Context& context, std::int64_t N, std::int64_t T) {
  const Packing packing = Packing::full(N, T - 1);
  Context packed = context;
  packed.packing = &packing;
  graph_.reserve(packed, {{"features", {{N, config_.feature_size()}, type_}},
                          {"inputs", {{packing.tokens()}, DType::int32}},
                          {"words", {{std::min(packing.tokens(), config_.vocabulary_size)}, DType::int32}},
                          {"word_rows", {{packing.tokens()}, DType::int32}},
                          {"targets", {{packing.tokens()}, DType::int32}}});
}

Tensor CaptioningRNN::initial_hidden(const Stream& stream, const Tensor& features) const {
  Context context{.stream = stream};
  Tensor x = features.to(type_).view(
      {features.size(0), features.numel() / std::max<std::int64_t>(features.size(0), 1)});
  if (standardize_ != nullptr) x = LayerCall(*standardize_).forward(context, {x})[0];
  const Tensor h0 = LayerCall(*project_).forward(context, {x})[0];
  return initial_activation_ == nullptr ? h0 : LayerCall(*initial_activation_).forward(context, {h0})[0];
}

}  // namespace dlcore
