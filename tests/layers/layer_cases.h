// One table of small cases for every layer of layers/registry.h: what the gradient and precision tests run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layers/registry.h"
#include "tests/devices.h"

namespace dlcore::test {

/// Normal numbers, or where `ids` is positive int32 numbers below it; every third of these is `every_third`,
/// where that is not negative.
struct CaseInput {
  Shape shape;
  std::int32_t ids = 0;
  std::int32_t every_third = -1;
  bool fractions = false;  // numbers of [0, 1) in place of normal ones
  bool exact = false;      // in the type in which losses are kept
};

struct LayerCase {
  std::string type;
  std::string what;  // "odd sizes"
  Attributes attributes;
  std::vector<CaseInput> inputs;
  std::optional<std::vector<std::int64_t>> lengths{};  // of packed sequences
  double kink_band = 0;
  bool gates = false;  // a ReLU inside: rounding to bfloat16 opens or closes it, and gradients with it
  std::int64_t roundings = 1;  // results rounded one after the other on the way to an output

  std::string name() const { return type + ", " + what; }
};

const std::vector<LayerCase>& layer_cases();

/// The cases of layers that work on pictures: a part of layer_cases().
std::vector<LayerCase> picture_cases();

/// A case made for a target: the layer with parameters drawn at random (those too that usually start at a
/// constant), its inputs, and a context in training.
class LayerSetup {
 public:
  LayerSetup(const LayerCase& layer_case, const Target& target);
  LayerSetup(const LayerSetup&) = delete;
  LayerSetup& operator=(const LayerSetup&) = delete;

  const Layer& layer() const { return *layer_; }
  const std::vector<Tensor>& inputs() const { return inputs_; }
  const Context& context() const { return context_; }

  /// The numbers of `other`, which may be of another type and device.
  void take_numbers(const LayerSetup& other, const Target& target);

 private:
  std::unique_ptr<Layer> layer_;
  ParameterSet parameters_;
  std::vector<Tensor> inputs_;
  std::optional<Packing> packing_;
  Context context_;
};

/// The best CPU target of an element type: for tests of what does not depend on the device.
const Target& some_target(DType type);

/// Allocates a layer's parameters for the target, with random values.
ParameterSet make_parameters(const Target& target, Layer& layer, std::uint64_t seed = 1);

/// n int32 numbers in 0 .. limit-1.
std::vector<std::int32_t> draw_ids(std::int64_t n, std::int32_t limit, std::uint64_t seed);

Tensor make_ids(const Target& target, const std::vector<std::int32_t>& ids, Shape shape);

}  // namespace dlcore::test
