// Graph in inference: frozen convolutions write over a residual that nothing reads later, and over no other.
#include "layers/graph.h"
#include "layers/registry.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t channels = 5;

void add_convolution(Graph& graph, const std::string& name, const std::vector<std::string>& inputs) {
  graph.add(name,
            make_layer("ConvNorm",
                       {{"in", channels}, {"out", channels}, {"kernel", 3}, {"padding", 1}, {"relu", 1}}),
            inputs);
}

// blocks x: first, then x + convolutions of x, each x from the one before.
void make_blocks(const Target& target, Graph& graph, int blocks, bool keep_all) {
  graph.input("pictures");
  add_convolution(graph, "block 0", {"pictures"});
  std::string last = "block 0";
  for (int i = 1; i <= blocks; ++i) {
    const std::string number = std::to_string(i);
    add_convolution(graph, "inner " + number, {last});
    add_convolution(graph, "block " + number, {"inner " + number, last});
    last = "block " + number;
  }
  add_convolution(graph, "twice", {last, last});  // what it writes over it would read around
  last = "twice";
  for (int i = 0; keep_all && i <= blocks; ++i) {
    const std::string sum = "sum " + std::to_string(i);
    graph.add(sum, make_layer("Add", {}), {last, "block " + std::to_string(i)});
    last = sum;
  }
  graph.add("result", make_layer("Add", {}), {last, last});
  graph.allocate(target.type, target.device());
  Random random(1);
  graph.parameters().initialize(random);
}

}  // namespace

TEST_CASE("graph: frozen, it gives the same whether values are read once more later or not") {
  on_every_target([](const Target& target) {
    if (target.type == DType::bfloat16) return;  // whose rounding differs, folded or not
    const Context context{.stream = target.stream};
    const Tensor x = make_normal(target, {2, 6, 7, channels}, 3);
    for (const bool keep_all : {false, true}) {
      INFO(keep_all);
      Graph graph;
      make_blocks(target, graph, 4, keep_all);
      graph.forward(context, {{"pictures", x}});
      const auto want = numbers(graph.value("result"));
      double largest = 0;
      for (const double value : want) largest = std::max(largest, std::abs(value));
      graph.freeze(target.stream);
      graph.forward(context, {{"pictures", x}});
      check_close(target, graph.value("result"), want, largest, 16);
      graph.forward(context, {{"pictures", x}});
      check_close(target, graph.value("result"), want, largest, 16);
      // Four blocks lie where the first one did, unless all are read at the end.
      const std::size_t values = keep_all ? 16 : target.device().is_cpu() ? 7 : 11;
      CHECK(graph.memory().unshared == values * static_cast<std::size_t>(x.numel()) * size_of(target.type));
    }
  });
}
