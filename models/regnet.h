// RegNet, a family of convolutional networks whose widths come from a few numbers. Radosavovic et al.,
// "Designing Network Design Spaces", 2020. Widths, depths, group widths and parameter names are
// torchvision's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layers/graph.h"

namespace dlcore {

/// Block i of `depth` has width w_0 + w_a i, rounded to a power of w_m times w_0 and then to a multiple of 8;
/// blocks of equal width are a stage.
struct RegNetParameters {
  std::int64_t depth;
  std::int64_t w_0;
  double w_a;
  double w_m;
  std::int64_t group_width;
  double se_ratio = 0;  // squeezed channels of each block's SqueezeExcite per input channel; 0: without
};

struct RegNetStage {
  std::int64_t width, depth, group_width;
};

/// Widths are made divisible by the group width, which is at most the stage's width.
std::vector<RegNetStage> regnet_stages(const RegNetParameters& parameters);

/// "regnet_x_400mf" ... "regnet_x_32gf", "regnet_y_400mf" ... "regnet_y_32gf". Throws Error that lists them
/// for another name.
const RegNetParameters& regnet_parameters(const std::string& name);
std::vector<std::string> regnet_names();

/// What a trunk can end with: "c2", "c3", "c4" or "c5", the output of its first, second, third or fourth
/// stage, whose sides are a 4th, 8th, 16th or 32nd of the picture's, rounded up.
std::vector<std::string> regnet_levels();
/// How many stages that takes. Throws Error that lists them for another name.
std::int64_t regnet_stage_count(const std::string& level);

/// The trunk without the classifier: a 3x3 stem of stride 2 and 32 channels, then stages of bottleneck
/// blocks, the first of each with stride 2. Adds the nodes "<prefix>stem" and
/// "<prefix>trunk_output.block<s>.block<s>-<i>..." and returns the names of the stages' outputs.
/// input: (N, H, W, 3); output, c5: (N, H/32, W/32, width of the last stage), both rounded up.
std::vector<std::string> add_regnet(Graph& graph, const RegNetParameters& parameters,
                                    const std::string& prefix, const std::string& input,
                                    const std::string& level = "c5");

/// Floating-point operations of the trunk's convolutions for one picture of S x S, forward.
double regnet_flop(const RegNetParameters& parameters, std::int64_t image_size);

}  // namespace dlcore
