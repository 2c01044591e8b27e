// Graph in inference: in passes of a few rows, nested, it computes what it computes for all rows at once.
#include "layers/graph.h"
#include "layers/registry.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t channels = 4;
using Limits = std::vector<std::pair<std::string, std::int64_t>>;

// Two stages of a residual block with squeeze-excite (which has caches), a value of the first stage that is
// read at the very end, and one of the first that nothing reads.
void make_network(const Target& target, Graph& graph, const Limits& limits) {
  const auto convolution = [&](const std::string& name, const std::vector<std::string>& inputs) {
    graph.add(name,
              make_layer("ConvNorm",
                         {{"in", channels}, {"out", channels}, {"kernel", 3}, {"padding", 1}, {"relu", 1}}),
              inputs);
  };
  graph.input("pictures");
  convolution("stem", {"pictures"});
  for (const std::string stage : {"1", "2"}) {
    const std::string before = stage == "1" ? "stem" : "stage 1";
    convolution("inner " + stage, {before});
    graph.add("squeeze " + stage, make_layer("SqueezeExcite", {{"channels", channels}, {"squeezed", 2}}),
              {"inner " + stage});
    convolution("stage " + stage, {"squeeze " + stage, before});
  }
  graph.add("unread", make_layer("Tanh", {}), {"stage 2"});
  convolution("top", {"stage 2"});
  graph.add("result", make_layer("Add", {}), {"top", "inner 1"});
  graph.allocate(target.type, target.device());
  Random random(1);
  graph.parameters().initialize(random);
  for (const auto& [value, rows] : limits) graph.run_in_passes(value, rows);
}

const std::vector<Limits> all_limits{{{"stage 1", 1}},
                                     {{"stage 1", 2}, {"stage 2", 3}},
                                     {{"stem", 1}, {"stage 1", 3}, {"unread", 5}},
                                     {{"stem", 2}, {"inner 1", 2}, {"top", 4}},
                                     {{"result", 2}}};

}  // namespace

TEST_CASE("graph: passes of a few rows give what all rows at once give") {
  on_every_target([](const Target& target) {
    const Context context{.stream = target.stream};
    Graph whole;
    make_network(target, whole, {});
    for (const Limits& limits : all_limits) {
      Graph graph;
      make_network(target, graph, limits);
      for (const bool frozen : {false, true}) {
        if (frozen) {
          whole.freeze(target.stream);
          graph.freeze(target.stream);
        }
        for (const std::int64_t rows : {7, 1, 0, 12, 3}) {
          INFO(limits[0].first << ", " << limits[0].second << ", " << rows << " rows, frozen " << frozen);
          const Tensor x = make_normal(target, {rows, 5, 6, channels}, static_cast<std::uint64_t>(rows));
          whole.forward(context, {{"pictures", x}});
          graph.forward(context, {{"pictures", x}});
          for (const char* value : {"result", "unread"}) {
            const auto want = numbers(whole.value(value));
            double largest = 1;
            for (const double number : want) largest = std::max(largest, std::abs(number));
            check_close(target, graph.value(value), want, largest, 4);
          }
        }
        whole.thaw();
        graph.thaw();
      }
    }
  });
}

TEST_CASE("graph: passes hold a few rows of what nothing outside of them reads") {
  on_every_target_of(DType::float64, [](const Target& target) {
    Graph graph;
    make_network(target, graph, {{"stage 2", 1}});
    const Tensor x = make_normal(target, {64, 5, 6, channels}, 1);
    graph.freeze(target.stream);
    graph.forward({.stream = target.stream}, {{"pictures", x}});
    // unread, top and result, and what they read: stage 2 and inner 1; and less than one more for the passes.
    CHECK(graph.memory().unshared > 5 * x.bytes());
    CHECK(graph.memory().unshared < 6 * x.bytes());
  });
}

TEST_CASE("graph: a twin runs the same layers in memory of its own, in passes of its own") {
  on_every_target([](const Target& target) {
    Graph graph;
    make_network(target, graph, {{"stage 1", 2}});
    Graph twin = graph.twin();
    CHECK(twin.parameters().entries().empty());
    twin.run_in_passes("stage 2", 3);
    const Context context{.stream = target.stream};
    const Tensor x = make_normal(target, {5, 5, 6, channels}, 1),
                 y = make_normal(target, {4, 5, 6, channels}, 2);
    graph.forward(context, {{"pictures", y}});
    const auto want = numbers(graph.value("result"));
    for (const bool frozen : {false, true}) {
      if (frozen) graph.freeze(target.stream);
      twin.forward(context, {{"pictures", y}});
      graph.forward(context, {{"pictures", x}});  // leaves the twin's values alone
      double largest = 1;
      for (const double number : want) largest = std::max(largest, std::abs(number));
      check_close(target, twin.value("result"), want, largest, 4);
    }
    graph.thaw();
  });
}

TEST_CASE("graph: training is for all rows at once, passes or not") {
  on_every_target_of(DType::float64, [](const Target& target) {
    const Tensor x = make_normal(target, {6, 5, 6, channels}, 1);
    const Tensor gradient = make_normal(target, x.shape(), 2);
    const Context context{.stream = target.stream, .training = true};
    const auto gradients = [&](const Limits& limits) {
      Graph graph;
      make_network(target, graph, limits);
      graph.forward({.stream = target.stream}, {{"pictures", x}});
      graph.forward(context, {{"pictures", x}});
      graph.backward(context, "result", gradient);
      return graph.parameters().gradients().to_vector<double>();
    };
    CHECK(gradients({}) == gradients({{"stage 1", 1}, {"stage 2", 4}}));
  });
}

TEST_CASE("graph: passes that cannot be") {
  const Target& target = some_target(DType::float32);
  const auto message = [&](const Limits& limits) {
    Graph graph;
    return error_of([&] { make_network(target, graph, limits); });
  };
  CHECK(contains(message({{"stage 9", 1}}), "graph: there is no value 'stage 9'"));
  CHECK(contains(message({{"stem", 0}}), "graph: passes up to 'stem' need at least 1 row, not 0"));
  CHECK(contains(message({{"pictures", 1}}), "graph: passes up to 'pictures' must end at a node's value"));
  CHECK(contains(message({{"stage 2", 1}, {"stem", 2}}),
                 "graph: passes up to 'stem' must end at a node's value, later than"));
  CHECK(contains(message({{"stem", 2}, {"stage 2", 1}}), "many rows, not 1"));

  Graph graph;
  graph.input("a");
  graph.input("b");
  graph.add("sum", make_layer("Add", {}), {"a", "b"});
  graph.allocate(target.type, target.device());
  graph.run_in_passes("sum", 2);
  CHECK(contains(error_of([&] {
                   graph.forward({.stream = target.stream}, {{"a", make_normal(target, {3, 2}, 1)},
                                                             {"b", make_normal(target, {4, 2}, 1)}});
                 }),
                 "graph: to run in passes, input 'b' must have as many rows as the others, 3, not [4, 2]"));
}
