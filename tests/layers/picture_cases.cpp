#include "tests/layers/layer_cases.h"

namespace dlcore::test {
namespace {

void add_convolutions(std::vector<LayerCase>& cases, const std::string& type, const Attributes& more) {
  const auto add = [&](const std::string& what, Attributes attributes, const Shape& x, const Shape& y = {}) {
    for (const auto& [key, value] : more.values()) attributes.set(key, value);
    LayerCase one{.type = type, .what = what, .attributes = attributes, .inputs = {{x}}, .roundings = 3};
    if (y.rank() == 4) one.inputs.push_back({y});  // a residual
    one.gates = type == "ConvNorm" && more.values().contains("relu");
    cases.push_back(one);
  };
  add("1x1", {{"in", 5}, {"out", 31}, {"kernel", 1}}, {2, 3, 4, 5});
  add("3x3, stride 2", {{"in", 3}, {"out", 8}, {"kernel", 3}, {"stride", 2}, {"padding", 1}}, {2, 7, 6, 3});
  add("groups", {{"in", 32}, {"out", 32}, {"kernel", 3}, {"padding", 1}, {"groups", 2}}, {1, 5, 4, 32});
  add("depthwise", {{"in", 7}, {"out", 7}, {"kernel", 3}, {"padding", 1}, {"groups", 7}}, {2, 4, 3, 7});
  add("dilation, unlike axes",
      {{"in", 3}, {"out", 4}, {"kernel", 3}, {"dilation", 2}, {"kernel_w", 2}, {"stride_w", 3}},
      {2, 6, 9, 3});
  add("no picture", {{"in", 3}, {"out", 4}, {"kernel", 1}}, {0, 2, 2, 3});
  if (type == "ConvNorm")
    add("a residual", {{"in", 3}, {"out", 5}, {"kernel", 1}, {"stride", 2}}, {3, 4, 4, 3}, {3, 2, 2, 5});
}

}  // namespace

std::vector<LayerCase> picture_cases() {
  std::vector<LayerCase> cases;
  add_convolutions(cases, "Conv2d", {});
  add_convolutions(cases, "Conv2d", {{"bias", 0}});
  add_convolutions(cases, "ConvNorm", {});
  add_convolutions(cases, "ConvNorm", {{"relu", 1}, {"eps", 0.1}});
  for (const Shape& x : {Shape{2, 3, 4, 33}, Shape{31, 5}, Shape{600, 3}, Shape{5, 1}, Shape{0, 3}}) {
    const std::int64_t C = x.cols();
    const auto add = [&](const std::string& what, Attributes attributes, bool residual) {
      attributes.set("channels", C);
      LayerCase one{.type = "BatchNorm2d",
                    .what = what + " of " + to_string(x),
                    .attributes = attributes,
                    .inputs = {{x}},
                    .gates = attributes.values().contains("relu"),
                    .roundings = 3};
      if (residual) one.inputs.push_back({x});
      cases.push_back(one);
    };
    add("normalisation", {}, false);
    add("without scale", {{"affine", 0}}, false);
    add("with ReLU", {{"relu", 1}, {"eps", 0.5}}, false);
    add("with ReLU and a residual", {{"relu", 1}}, true);
  }
  for (const std::string type : {"MaxPool2d", "AvgPool2d"}) {
    cases.push_back({.type = type,
                     .what = "overlapping, padded",
                     .attributes = {{"kernel", 3}, {"stride", 2}, {"padding", 1}},
                     .inputs = {{{2, 7, 5, 33}}}});
    cases.push_back({.type = type,
                     .what = "unlike axes",
                     .attributes = {{"kernel", 2}, {"kernel_w", 3}, {"dilation_w", 2}},
                     .inputs = {{{1, 5, 9, 3}}}});
    cases.push_back(
        {.type = type, .what = "no picture", .attributes = {{"kernel", 2}}, .inputs = {{{0, 4, 4, 3}}}});
  }
  cases.push_back({.type = "AvgPool2d",
                   .what = "padding not counted",
                   .attributes = {{"kernel", 3}, {"padding", 1}, {"count_padding", 0}},
                   .inputs = {{{2, 4, 5, 7}}}});
  for (const std::string type : {"AdaptiveMaxPool2d", "AdaptiveAvgPool2d"}) {
    cases.push_back({.type = type, .what = "global", .attributes = {}, .inputs = {{{3, 7, 7, 65}}}});
    cases.push_back(
        {.type = type, .what = "3x2", .attributes = {{"out", 3}, {"out_w", 2}}, .inputs = {{{2, 7, 5, 3}}}});
    cases.push_back(
        {.type = type, .what = "more than there is", .attributes = {{"out", 4}}, .inputs = {{{1, 2, 3, 2}}}});
  }
  cases.push_back({.type = "SqueezeExcite",
                   .what = "odd sizes",
                   .attributes = {{"channels", 33}, {"squeezed", 7}},
                   .inputs = {{{3, 4, 5, 33}}},
                   .roundings = 4});
  cases.push_back({.type = "SqueezeExcite",
                   .what = "one channel",
                   .attributes = {{"channels", 1}, {"squeezed", 1}},
                   .inputs = {{{1, 1, 1, 1}}},
                   .roundings = 4});
  cases.push_back({.type = "SqueezeExcite",
                   .what = "no picture",
                   .attributes = {{"channels", 3}, {"squeezed", 2}},
                   .inputs = {{{0, 4, 5, 3}}}});
  cases.push_back({.type = "Flatten", .what = "odd sizes", .attributes = {}, .inputs = {{{3, 4, 5, 33}}}});
  for (const Shape& x : {Shape{3, 4, 5}, Shape{2, 1, 33}, Shape{0, 4, 5}})
    cases.push_back({.type = "LastStep", .what = "of " + to_string(x), .attributes = {}, .inputs = {{x}}});
  cases.push_back({.type = "Flatten", .what = "sequences", .attributes = {}, .inputs = {{{3, 4, 5}}}});
  cases.push_back({.type = "Flatten", .what = "vectors", .attributes = {}, .inputs = {{{3, 4}}}});
  cases.push_back({.type = "Flatten", .what = "no picture", .attributes = {}, .inputs = {{{0, 4, 5, 3}}}});
  cases.push_back({.type = "Add", .what = "odd sizes", .attributes = {}, .inputs = {{{3, 257}}, {{3, 257}}}});
  cases.push_back({.type = "Add", .what = "nothing", .attributes = {}, .inputs = {{{0, 5}}, {{0, 5}}}});
  return cases;
}

}  // namespace dlcore::test
