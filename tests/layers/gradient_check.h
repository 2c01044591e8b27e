// Analytic gradients against central differences, in float64.
//
// The loss is a sum of terms w_i y_i with random weights w over all outputs y: a plain sum would have a zero
// gradient through a softmax. Its derivative is taken term by term, so that an output which does not change
// adds no rounding error:
//
//     dL/dx ~ sum over i of (terms_i(x + h) - terms_i(x - h)) / 2h
//
// An element may be wrong by target.tolerance / h * (1 + norm of the terms): each term is known to the
// tolerance of its element type, and the errors walk at random. The error of the formula itself, of order
// h^2, is far below.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "layers/graph.h"
#include "layers/layer.h"
#include "tests/devices.h"

namespace dlcore::test {

/// What the loss depends on, and its analytic gradient: float64, the same shape.
struct Variable {
  std::string name;
  Tensor value;
  Tensor gradient;
};

/// A layer's trainable parameters.
std::vector<Variable> variables_of(const Layer& layer);

/// Runs forward with the variables as they are and returns the terms of the loss. Random decisions in it must
/// be the same in every call.
using Terms = std::function<std::vector<double>()>;

struct GradientOptions {
  double step = 1e-6;
  double kink_band = 0;         // elements nearer to zero than this are left out: a kink may be there
  double roundings = 1;         // by how much the rounding of a deep model exceeds that of one layer
  std::int64_t all_up_to = 40;  // tensors of more elements are checked at this many, drawn at random
};

/// The first element of a variable whose gradient is wrong, in words: tensor, indices, both gradients and
/// both losses. Empty when all that were checked are right.
std::string gradient_complaint(const Target& target, const Variable& variable, const Terms& terms,
                               const GradientOptions& options = {});

/// One assertion per variable.
void check_gradients(const Target& target, const std::vector<Variable>& variables, const Terms& terms,
                     const GradientOptions& options = {});

/// The numeric gradient of every element.
std::vector<double> numeric_gradient(const Target& target, const Tensor& value, const Terms& terms,
                                     double step);

/// The elements of `values` times those of `weights`, appended to `terms`.
void add_terms(std::vector<double>& terms, const Tensor& values, const std::vector<double>& weights);

/// A layer at these inputs by finite differences in all floating-point inputs and all trainable parameters,
/// which must be allocated.
void check_layer_gradients(const Target& target, const Context& context, const Layer& layer,
                           const std::vector<Tensor>& inputs, const GradientOptions& options = {});

/// What layers/layer.h promises about gradients. With NaN in every output, cache, workspace and input
/// gradient beforehand: the results have the bits that LayerCall finds (nothing is read before it is written,
/// input gradients are overwritten); a second forward and backward doubles the parameters' gradients; an
/// input gradient that is not wanted changes no other gradient.
void check_gradient_rules(const Target& target, const Context& context, const Layer& layer,
                          const std::vector<Tensor>& inputs);

/// A graph in all its trainable parameters and in the inputs named, which want a gradient.
void check_graph_gradients(const Target& target, const Context& context, Graph& graph,
                           const Graph::Feeds& feeds, const std::vector<std::string>& inputs,
                           const std::string& loss, const GradientOptions& options = {});

/// Sets the gradients of a layer's parameters to zero.
void zero_gradients(const Target& target, const Layer& layer);

/// A copy of the gradient of every trainable parameter, in order.
std::vector<Tensor> copy_gradients(const Layer& layer);

/// Every byte 0xFF: NaN in the floating types, -1 in the integers.
Tensor make_poisoned(const Target& target, const Spec& spec);

/// check_close with the tensor's largest element as the magnitude: for results of `operations` operations
/// each that were done in another order.
void check_alike(const Target& target, const std::string& what, const Tensor& got,
                 const std::vector<double>& want, std::int64_t operations);

}  // namespace dlcore::test
