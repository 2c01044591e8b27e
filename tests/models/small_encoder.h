// An encoder of small pictures whose gradients finite differences can check.
#pragma once

#include "kernels/elementwise.h"
#include "models/encoder.h"
#include "tests/layers/gradient_check.h"

namespace dlcore::test {

inline constexpr std::int64_t small_picture_side = 40;

inline EncoderConfig small_encoder(const std::string& pool, bool normalize = false) {
  return {.name = "regnet_x_400mf", .image_size = small_picture_side, .pool = pool, .normalize = normalize};
}

/// (N, S, S, 3)
inline Tensor draw_pictures(const Target& target, std::int64_t N) {
  return make_normal(target, {N, small_picture_side, small_picture_side, 3}, 3);
}

/// Draws the weights so that blocks change little: through 22 random ones a step of 1e-6 comes to the next
/// ReLU's switch.
inline void initialize_smoothly(const Target& target, Encoder& encoder) {
  encoder.initialize(1);
  for (const auto& [name, parameter] : encoder.parameters().entries())
    if (name.ends_with("f.c.1.weight"))
      kernels::fill(target.stream, parameter->value, 0.05, parameter->value.numel());
}

/// Some tensors of the encoder, with copies of their gradients. Not of the stem: each of its weights reaches
/// so many pixels that some ReLU switches.
inline std::vector<Variable> encoder_variables(Encoder& encoder) {
  std::vector<Variable> variables;
  for (const std::string name :
       {"trunk_output.block3.block3-0.f.b.0.weight", "trunk_output.block2.block2-0.proj.1.weight",
        "trunk_output.block4.block4-11.f.c.1.bias"}) {
    const Parameter& parameter = encoder.parameters().find(name);
    variables.push_back({name, parameter.value, parameter.gradient.clone()});
  }
  return variables;
}

}  // namespace dlcore::test
