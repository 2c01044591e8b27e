#include "tests/layers/layer_cases.h"

#include <algorithm>
#include <cmath>

namespace dlcore::test {
namespace {

using Sizes = std::vector<std::int64_t>;

// Packed sequences for a recurrent layer.
LayerCase recurrent(const std::string& type, const std::string& what, std::int64_t D, std::int64_t H,
                    const Sizes& lengths) {
  std::int64_t tokens = 0;
  std::int64_t steps = 0;
  for (const std::int64_t length : lengths) {
    tokens += length;
    steps = std::max(steps, length);
  }
  return {.type = type,
          .what = what,
          .attributes = {{"D", D}, {"H", H}},
          .inputs = {{{tokens, D}}, {{static_cast<std::int64_t>(lengths.size()), H}}},
          .lengths = lengths,
          .roundings = 2 * std::max<std::int64_t>(steps, 1)};
}

// The same with the different rows of x and each token's row among them.
LayerCase recurrent_rows(const std::string& type, const std::string& what, std::int32_t rows,
                         const Sizes& lengths) {
  constexpr std::int64_t D = 5;
  LayerCase one = recurrent(type, what, D, 7, lengths);
  const std::int64_t tokens = one.inputs[0].shape[0];
  one.inputs = {{{rows, D}}, {{tokens}, std::max(rows, 1)}, one.inputs[1]};
  return one;
}

// N sequences of T steps each, as one tensor.
LayerCase sequences(const std::string& type, std::int64_t N, std::int64_t T) {
  const Shape x{N, T, 3};
  return {.type = type,
          .what = "sequences " + to_string(x),
          .attributes = {{"D", 3}, {"H", 5}},
          .inputs = {{x}},
          .roundings = 2 * std::max<std::int64_t>(T, 1)};
}

LayerCase with_state_dropout(LayerCase one) {
  one.what += ", state dropout";
  one.attributes.set("state_dropout", 0.4);
  one.attributes.set("site", std::int64_t{3});
  return one;
}

void add_recurrent(std::vector<LayerCase>& cases, const std::string& type) {
  cases.push_back(recurrent(type, "every length different", 3, 5, {6, 5, 4, 3, 2, 1}));
  cases.push_back(recurrent(type, "odd sizes", 31, 33, {5, 4, 2, 1}));
  cases.push_back(recurrent(type, "sequences without a step", 4, 3, {4, 2, 2, 0, 0}));
  cases.push_back(recurrent(type, "one sequence", 3, 4, {7}));
  cases.push_back(recurrent(type, "one step", 3, 4, {1, 1, 1}));
  cases.push_back(recurrent(type, "no padding", 2, 3, {4, 4, 4}));
  cases.push_back(recurrent(type, "all sizes one", 1, 1, {1}));
  cases.push_back(recurrent(type, "wide", 1, 257, {2, 1}));
  cases.push_back(recurrent(type, "no token", 3, 4, {0, 0}));
  cases.push_back(recurrent(type, "no sequence", 3, 4, {}));
  cases.push_back(recurrent_rows(type, "rows that come again", 3, {5, 4, 2, 1, 0}));
  cases.push_back(recurrent_rows(type, "rows of which some are not used", 31, {3, 2, 2}));
  cases.push_back(recurrent_rows(type, "rows, but no token", 4, {0, 0}));
  cases.push_back(with_state_dropout(recurrent(type, "every length different", 3, 5, {6, 5, 4, 3, 2, 1})));
  cases.push_back(with_state_dropout(recurrent_rows(type, "rows that come again", 3, {5, 4, 2, 1, 0})));
  cases.push_back(with_state_dropout(recurrent(type, "no token", 3, 4, {0, 0})));
  for (const auto& [N, T] : {std::pair{4, 6}, {1, 3}, {3, 1}, {2, 0}, {0, 2}})
    cases.push_back(sequences(type, N, T));
  cases.push_back(with_state_dropout(sequences(type, 4, 6)));
}

void add_activation(std::vector<LayerCase>& cases, const std::string& type, double kink_band) {
  for (const Shape& shape : {Shape{31, 33}, Shape{1}, Shape{2, 3, 257}, Shape{0, 5}})
    cases.push_back({.type = type,
                     .what = to_string(shape),
                     .attributes = {},
                     .inputs = {{shape}},
                     .kink_band = kink_band});
}

void add_losses(std::vector<LayerCase>& cases) {
  const auto classes = [&](const std::string& what, const Shape& scores, double smoothing) {
    const Shape labels(scores.sizes().first(static_cast<std::size_t>(scores.rank()) - 1));
    cases.push_back({.type = "SoftmaxLoss",
                     .what = what,
                     .attributes = {{"label_smoothing", smoothing}},
                     .inputs = {{scores}, {labels, static_cast<std::int32_t>(scores.cols())}}});
  };
  classes("odd sizes", {31, 33}, 0);
  classes("many classes, smoothed labels", {5, 257}, 0.1);
  classes("two classes", {33, 2}, 0);
  classes("one score", {1, 1}, 0);
  classes("of each pixel", {2, 3, 5, 7}, 0.2);
  classes("empty", {0, 5}, 0);
  for (const std::string type : {"SquaredLoss", "BinaryLoss"})
    for (const bool exact : {false, true})
      for (const Shape& shape :
           {Shape{31, 33}, Shape{257}, Shape{1, 1}, Shape{3, 1600}, Shape{2, 3, 5, 7}, Shape{0, 5}})
        cases.push_back({.type = type,
                         .what = to_string(shape) + (exact ? ", an exact target" : ""),
                         .attributes = {},
                         .inputs = {{shape}, {.shape = shape, .fractions = true, .exact = exact}}});
}

// The layers of tests/install/plugin, which example_layers.cpp registers.
void add_example_cases(std::vector<LayerCase>& cases) {
  const std::size_t begin = cases.size();
  add_activation(cases, "Swish", 0);
  for (std::size_t i = begin; i < cases.size(); ++i) cases[i].roundings = 4;
  for (LayerCase one :
       {recurrent("ReluRNN", "every length different", 3, 5, {6, 5, 4, 3, 2, 1}),
        recurrent("ReluRNN", "odd sizes", 31, 33, {5, 4, 2, 1}),
        recurrent("ReluRNN", "sequences without a step", 4, 3, {4, 2, 2, 0, 0}),
        recurrent("ReluRNN", "no token", 3, 4, {0, 0}),
        recurrent_rows("ReluRNN", "rows that come again", 3, {5, 4, 2, 1, 0}),
        with_state_dropout(recurrent("ReluRNN", "every length different", 3, 5, {6, 5, 4}))}) {
    one.gates = true;
    cases.push_back(std::move(one));
  }
}

std::vector<LayerCase> make_cases() {
  std::vector<LayerCase> cases{
      {.type = "Linear",
       .what = "odd sizes",
       .attributes = {{"in", 33}, {"out", 257}},
       .inputs = {{{31, 33}}}},
      {.type = "Linear", .what = "sizes of one", .attributes = {{"in", 1}, {"out", 1}}, .inputs = {{{1, 1}}}},
      {.type = "Linear", .what = "over time", .attributes = {{"in", 5}, {"out", 3}}, .inputs = {{{2, 4, 5}}}},
      {.type = "Linear", .what = "a vector", .attributes = {{"in", 7}, {"out", 3}}, .inputs = {{{7}}}},
      {.type = "Linear", .what = "empty", .attributes = {{"in", 7}, {"out", 3}}, .inputs = {{{0, 7}}}},
      {.type = "Embedding", .what = "repeats", .attributes = {{"V", 5}, {"D", 31}}, .inputs = {{{33}, 5}}},
      {.type = "Embedding",
       .what = "words never used",
       .attributes = {{"V", 257}, {"D", 3}},
       .inputs = {{{4, 5}, 257, 256}}},
      {.type = "Embedding", .what = "one", .attributes = {{"V", 1}, {"D", 1}}, .inputs = {{{1}, 1}}},
      {.type = "Embedding", .what = "empty", .attributes = {{"V", 5}, {"D", 3}}, .inputs = {{{0}, 5}}},
      {.type = "Dropout", .what = "a half", .attributes = {{"p", 0.5}, {"site", 3}}, .inputs = {{{31, 33}}}},
      {.type = "Dropout", .what = "a tenth", .attributes = {{"p", 0.1}}, .inputs = {{{2, 3, 5}}}},
      {.type = "Dropout", .what = "nothing", .attributes = {{"p", 0}}, .inputs = {{{5}}}},
      {.type = "Dropout", .what = "empty", .attributes = {{"p", 0.5}}, .inputs = {{{0}}}},
      {.type = "Standardize", .what = "a vector", .attributes = {{"channels", 33}}, .inputs = {{{31, 33}}}},
      {.type = "Standardize",
       .what = "a grid",
       .attributes = {{"channels", 3}, {"spatial", 49}},
       .inputs = {{{5, 147}}}},
      {.type = "Standardize", .what = "empty", .attributes = {{"channels", 3}}, .inputs = {{{0, 3}}}},
      {.type = "TemporalSoftmaxLoss",
       .what = "targets left out in the middle",
       .attributes = {{"ignore_index", 4}},
       .inputs = {{{3, 7, 33}}, {{3, 7}, 33, 4}}},
      {.type = "TemporalSoftmaxLoss",
       .what = "packed",
       .attributes = {},
       .inputs = {{{9, 257}}, {{9}, 257, 0}},
       .lengths = Sizes{4, 3, 2}},
      {.type = "TemporalSoftmaxLoss",
       .what = "one score",
       .attributes = {{"ignore_index", -1}},
       .inputs = {{{1, 1, 1}}, {{1, 1}, 1}}},
      {.type = "TemporalSoftmaxLoss",
       .what = "empty",
       .attributes = {},
       .inputs = {{{0, 3, 5}}, {{0, 3}, 5}}},
      {.type = "TemporalSoftmaxLoss",
       .what = "no token",
       .attributes = {},
       .inputs = {{{0, 5}}, {{0}, 5}},
       .lengths = Sizes{0, 0}},
      {.type = "TemporalSoftmaxLoss",
       .what = "smoothed labels",
       .attributes = {{"label_smoothing", 0.1}},
       .inputs = {{{3, 7, 33}}, {{3, 7}, 33, 4}}},
      {.type = "VocabularyLoss",
       .what = "smoothed labels",
       .attributes = {{"H", 5}, {"V", 7}, {"label_smoothing", 0.2}, {"chunk", 5}},
       .inputs = {{{3, 4, 5}}, {{3, 4}, 7, 2}}},
      {.type = "VocabularyLoss",
       .what = "empty",
       .attributes = {{"H", 3}, {"V", 5}},
       .inputs = {{{0, 3}}, {{0}, 5}},
       .lengths = Sizes{0, 0}},
      {.type = "VocabularyLoss",
       .what = "over time, all in one chunk",
       .attributes = {{"H", 5}, {"V", 7}, {"ignore_index", 2}},
       .inputs = {{{3, 4, 5}}, {{3, 4}, 7, 2}}},
  };
  for (const std::int64_t chunk : {1, 3, 100})
    cases.push_back({.type = "VocabularyLoss",
                     .what = "packed, chunks of " + std::to_string(chunk),
                     .attributes = {{"H", 31}, {"V", 257}, {"chunk", chunk}},
                     .inputs = {{{10, 31}}, {{10}, 257, 0}},
                     .lengths = Sizes{4, 3, 2, 1}});
  add_recurrent(cases, "RNN");
  add_recurrent(cases, "LSTM");
  add_activation(cases, "ReLU", 1e-4);
  add_activation(cases, "Tanh", 0);
  add_activation(cases, "Sigmoid", 0);
  add_losses(cases);
  add_example_cases(cases);
  for (LayerCase& one : picture_cases()) cases.push_back(std::move(one));
  return cases;
}

}  // namespace

const std::vector<LayerCase>& layer_cases() {
  static const std::vector<LayerCase> cases = make_cases();
  return cases;
}

LayerSetup::LayerSetup(const LayerCase& layer_case, const Target& target)
    : layer_(make_layer(layer_case.type, layer_case.attributes)),
      parameters_(make_parameters(target, *layer_)),
      context_{.stream = target.stream, .training = true, .seed = 5, .step = 7} {
  if (layer_case.lengths) {
    packing_ = Packing::from_lengths(*layer_case.lengths);
    context_.packing = &*packing_;
  }
  std::uint64_t seed = 100;
  for (const CaseInput& input : layer_case.inputs) {
    ++seed;
    if (input.ids == 0) {
      std::vector<double> values = draw(input.shape.numel(), seed);
      for (double& value : values)
        if (input.fractions) value -= std::floor(value);
      inputs_.push_back(make(input.exact ? in_arithmetic(target) : target, values, input.shape));
      continue;
    }
    std::vector<std::int32_t> ids = draw_ids(input.shape.numel(), input.ids, seed);
    for (std::size_t i = 1; i < ids.size() && input.every_third >= 0; i += 3) ids[i] = input.every_third;
    inputs_.push_back(make_ids(target, ids, input.shape));
  }
}

void LayerSetup::take_numbers(const LayerSetup& other, const Target& target) {
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    if (is_floating(inputs_[i].dtype()))
      inputs_[i] = Tensor::from(numbers(other.inputs_[i]), inputs_[i].shape())
                       .to(inputs_[i].dtype())
                       .to(target.device());
  for (std::size_t i = 0; i < layer_->parameters().size(); ++i) {
    const Tensor& mine = layer_->parameters()[i].value;
    const std::vector<double> theirs = numbers(other.layer_->parameters()[i].value);
    copy(target.stream, make(target, theirs, mine.shape()).to(mine.dtype()), mine);
  }
}

const Target& some_target(DType type) {
  const Target* best = nullptr;
  for (const Target& target : targets())
    if (target.type == type && target.device().is_cpu()) best = &target;
  return *best;
}

ParameterSet make_parameters(const Target& target, Layer& layer, std::uint64_t seed) {
  ParameterSet set;
  set.add("", layer.parameters());
  set.allocate(target.type, target.device());
  Random random(seed);
  for (const auto& parameter : layer.parameters()) {
    random.fill_normal(parameter.value, parameter.initial_deviation > 0 ? parameter.initial_deviation : 0.5);
    if (parameter.trainable || parameter.initial_value <= 0) continue;
    std::vector<double> values = numbers(parameter.value);  // a statistic that is positive by its nature
    for (auto& value : values) value = std::abs(value) + 0.5;
    copy(target.stream, make(in_arithmetic(target), values, parameter.shape), parameter.value);
  }
  return set;
}

std::vector<std::int32_t> draw_ids(std::int64_t n, std::int32_t limit, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(n));
  for (auto& id : ids) id = static_cast<std::int32_t>(random.below(limit));
  return ids;
}

Tensor make_ids(const Target& target, const std::vector<std::int32_t>& ids, Shape shape) {
  return Tensor::from(ids, shape).to(target.device());
}

}  // namespace dlcore::test
