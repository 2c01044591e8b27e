#include "models/regnet.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "layers/conv_norm.h"
#include "layers/squeeze_excite.h"

namespace dlcore {
namespace {

const std::map<std::string, RegNetParameters>& table() {
  static const std::map<std::string, RegNetParameters> all{
      {"regnet_x_400mf", {22, 24, 24.48, 2.54, 16}},
      {"regnet_x_800mf", {16, 56, 35.73, 2.28, 16}},
      {"regnet_x_1_6gf", {18, 80, 34.01, 2.25, 24}},
      {"regnet_x_3_2gf", {25, 88, 26.31, 2.25, 48}},
      {"regnet_x_8gf", {23, 80, 49.56, 2.88, 120}},
      {"regnet_x_16gf", {22, 216, 55.59, 2.1, 128}},
      {"regnet_x_32gf", {23, 320, 69.86, 2.0, 168}},
      {"regnet_y_400mf", {16, 48, 27.89, 2.09, 8, 0.25}},
      {"regnet_y_800mf", {14, 56, 38.84, 2.4, 16, 0.25}},
      {"regnet_y_1_6gf", {27, 48, 20.71, 2.65, 24, 0.25}},
      {"regnet_y_3_2gf", {21, 80, 42.63, 2.66, 24, 0.25}},
      {"regnet_y_8gf", {17, 192, 76.82, 2.19, 56, 0.25}},
      {"regnet_y_16gf", {18, 200, 106.23, 2.48, 112, 0.25}},
      {"regnet_y_32gf", {20, 232, 115.89, 2.53, 232, 0.25}},
  };
  return all;
}

constexpr std::int64_t stem_width = 32;

// The nearest multiple, but never below nine tenths of the value.
std::int64_t make_divisible(std::int64_t value, std::int64_t divisor) {
  const std::int64_t rounded = std::max(divisor, (value + divisor / 2) / divisor * divisor);
  return 10 * rounded < 9 * value ? rounded + divisor : rounded;
}

std::unique_ptr<ConvNorm> conv_norm(std::int64_t in, std::int64_t out, std::int64_t kernel,
                                    std::int64_t stride, std::int64_t groups, bool relu) {
  const kernels::WindowAxis axis{kernel, stride, kernel / 2, 1};
  return std::make_unique<ConvNorm>(ConvolutionShape{in, out, groups, {axis, axis}},
                                    BatchNormSettings{.channels = out, .relu = relu});
}

// y = relu(shortcut(x) + c(se(b(a(x))))): 1x1, grouped 3x3, squeeze and excite, 1x1.
std::string add_block(Graph& graph, const std::string& name, const std::string& x, std::int64_t in,
                      const RegNetStage& stage, std::int64_t stride, double se_ratio) {
  const std::int64_t width = stage.width;
  std::string shortcut = x;
  if (in != width || stride != 1) {
    shortcut = name + ".proj";
    graph.add(shortcut, conv_norm(in, width, 1, stride, 1, false), {x});
  }
  graph.add(name + ".f.a", conv_norm(in, width, 1, 1, 1, true), {x});
  graph.add(name + ".f.b", conv_norm(width, width, 3, stride, width / stage.group_width, true),
            {name + ".f.a"});
  std::string last = name + ".f.b";
  if (se_ratio > 0) {
    const auto squeezed = static_cast<std::int64_t>(std::nearbyint(se_ratio * static_cast<double>(in)));
    graph.add(name + ".f.se", std::make_unique<SqueezeExcite>(width, squeezed), {last});
    last = name + ".f.se";
  }
  graph.add(name + ".f.c", conv_norm(width, width, 1, 1, 1, true), {last, shortcut});
  return name + ".f.c";
}

}  // namespace

std::vector<RegNetStage> regnet_stages(const RegNetParameters& p) {
  require(
      p.depth > 0 && p.w_0 > 0 && p.w_0 % 8 == 0 && p.w_a >= 0 && p.w_m > 1 && p.group_width > 0 &&
          p.se_ratio >= 0,
      "RegNet: impossible parameters: depth {}, w_0 {} (a multiple of 8), w_a {}, w_m {} (above 1), group "
      "width {}, squeeze ratio {}",
      p.depth, p.w_0, p.w_a, p.w_m, p.group_width, p.se_ratio);
  std::vector<RegNetStage> stages;
  const auto w_0 = static_cast<double>(p.w_0);
  std::int64_t previous = 0;
  for (std::int64_t i = 0; i < p.depth; ++i) {
    const double continuous = w_0 + p.w_a * static_cast<double>(i);
    const double power = std::nearbyint(std::log(continuous / w_0) / std::log(p.w_m));
    const auto width = 8 * static_cast<std::int64_t>(std::nearbyint(w_0 * std::pow(p.w_m, power) / 8));
    if (width != previous) stages.push_back({width, 0, std::min(p.group_width, width)});
    ++stages.back().depth;
    previous = width;
  }
  for (RegNetStage& stage : stages) stage.width = make_divisible(stage.width, stage.group_width);
  return stages;
}

const RegNetParameters& regnet_parameters(const std::string& name) {
  const auto found = table().find(name);
  if (found == table().end()) {
    std::string known;
    for (const auto& one : regnet_names()) known += (known.empty() ? "" : ", ") + one;
    fail("there is no encoder '{}': the encoders are {}", name, known);
  }
  return found->second;
}

std::vector<std::string> regnet_names() {
  std::vector<std::string> names;
  for (const auto& [name, parameters] : table()) names.push_back(name);
  return names;
}

std::vector<std::string> regnet_levels() {
  return {"c2", "c3", "c4", "c5"};
}

std::int64_t regnet_stage_count(const std::string& level) {
  const std::vector<std::string> levels = regnet_levels();
  const auto found = std::find(levels.begin(), levels.end(), level);
  require(found != levels.end(), "encoder: the level must be c2, c3, c4 or c5, not '{}'", level);
  return found - levels.begin() + 1;
}

std::vector<std::string> add_regnet(Graph& graph, const RegNetParameters& parameters,
                                    const std::string& prefix, const std::string& input,
                                    const std::string& level) {
  std::vector<RegNetStage> stages = regnet_stages(parameters);
  stages.resize(static_cast<std::size_t>(regnet_stage_count(level)));
  std::string x = prefix + "stem";
  graph.add(x, conv_norm(3, stem_width, 3, 2, 1, true), {input});
  std::int64_t in = stem_width;
  std::vector<std::string> outputs;
  for (const RegNetStage& stage : stages) {
    const std::string block = "block" + std::to_string(outputs.size() + 1);
    for (std::int64_t i = 0; i < stage.depth; ++i) {
      const std::string name = prefix + "trunk_output." + block + "." + block + "-" + std::to_string(i);
      x = add_block(graph, name, x, in, stage, i == 0 ? 2 : 1, parameters.se_ratio);
      in = stage.width;
    }
    outputs.push_back(x);
  }
  return outputs;
}

double regnet_flop(const RegNetParameters& parameters, std::int64_t image_size) {
  double side = std::ceil(static_cast<double>(image_size) / 2);
  double flop = 2 * side * side * 9 * 3 * stem_width;
  auto in = static_cast<double>(stem_width);
  for (const RegNetStage& stage : regnet_stages(parameters)) {
    const auto width = static_cast<double>(stage.width);
    const double before = side * side;
    side = std::ceil(side / 2);
    const double after = side * side;
    const double grouped = 9 * width * static_cast<double>(stage.group_width);
    flop += 2 * (before * in * width + after * (in * width + grouped + width * width));
    flop += 2 * static_cast<double>(stage.depth - 1) * after * (2 * width * width + grouped);
    in = width;
  }
  return flop;
}

}  // namespace dlcore
