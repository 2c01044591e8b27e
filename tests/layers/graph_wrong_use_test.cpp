// Graph: every wrong use is an error that says which value or node.
#include "tests/layers/graph_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const Target& target() {
  return some_target(DType::float32);
}

template <class F>
void check_says(const std::string& part, F f) {
  const std::string message = error_of(f);
  INFO("message: " << message);
  CHECK(contains(message, part));
}

}  // namespace

TEST_CASE("graph: names") {
  Graph graph;
  graph.input("x");
  check_says("graph: two values are named 'x'", [&] { graph.input("x"); });
  graph.add("y", make_layer("Tanh", {}), {"x"});
  check_says("graph: two values are named 'y'", [&] { graph.add("y", make_layer("Tanh", {}), {"x"}); });
  check_says("graph: there is no value 'z': the values are x, y",
             [&] { graph.add("w", make_layer("Tanh", {}), {"z"}); });
  check_says("graph: there is no value 'z'", [&] { graph.value("z"); });
  check_says("graph: there is no value 'z'", [&] { graph.input_gradient("z"); });
}

// A node that was not added must not count as a reader of the loss, whose gradient would then never be set.
TEST_CASE("graph: an add that failed leaves the graph as it was") {
  Graph graph;
  graph.input("x", true);
  graph.input("words");
  graph.add("a", make_layer("Linear", {{"in", 3}, {"out", 3}}), {"x"});
  graph.add("loss", make_layer("TemporalSoftmaxLoss", {}), {"a", "words"});
  check_says("there is no value 'z'", [&] {
    graph.add("b", make_layer("RNN", {{"D", 3}, {"H", 3}}), {"loss", "z"});
  });
  check_says("two values are named 'a'", [&] {
    graph.add("a", make_layer("Linear", {{"in", 3}, {"out", 3}}), {"loss"});
  });
  CHECK(graph.parameters().entries().size() == 2);
  const Target& wide = some_target(DType::float64);
  graph.allocate(wide.type, wide.device());
  Random random(1);
  graph.parameters().initialize(random);
  check_graph_gradients(wide, {.stream = wide.stream, .training = true}, graph,
                        {{"x", make_normal(wide, {2, 3}, 1)}, {"words", make_ids(wide, {1, 2}, {2})}}, {"x"},
                        "loss");
}

TEST_CASE("graph: what is fed") {
  SmallCaptioner model(target(), "LSTM");
  const CaptionBatch batch(target(), {3, 2});
  const Context context = batch.context(target(), true);
  const auto forward_with = [&](const std::string& name, const Tensor& tensor) {
    Graph::Feeds feeds = batch.feeds;
    feeds[name] = tensor;
    model.graph.forward(context, feeds);
  };
  check_says("graph: the shape of input 'features' is missing", [&] {
    Graph::Feeds feeds = batch.feeds;
    feeds.erase("features");
    model.graph.forward(context, feeds);
  });
  check_says("node 'standardize': layer Standardize: expected input [N, channels x spatial = 6], not [2, 5]",
             [&] {
               forward_with("features", make_zeros(target(), {2, 5}));
             });
  check_says("node 'lower': layer LSTM: expected x [tokens=5, D=5] and h0 [N=2, H=7], not [5, 5] and [3, 7]",
             [&] {
               forward_with("features", make_zeros(target(), {3, 6}));
             });
  check_says("node 'embed': layer Embedding: expected int32 ids, not float32 [5]",
             [&] { forward_with("words", make_zeros(target(), {5})); });
  check_says("node 'loss': layer VocabularyLoss: expected", [&] {
    forward_with("next_words", make_ids(target(), {1, 2}, {2}));
  });
  Context unpacked = context;
  unpacked.packing = nullptr;
  check_says("node 'lower': layer LSTM: works on packed sequences, but the context has no packing",
             [&] { model.graph.forward(unpacked, batch.feeds); });
  forward_with("features", make_zeros(target(), {2, 6}));  // it still works after all that
  CHECK(std::isfinite(numbers(model.graph.value("loss"))[0]));
}

TEST_CASE("graph: backward without its forward") {
  SmallCaptioner model(target(), "RNN");
  const CaptionBatch batch(target(), {3, 2});
  const Context training = batch.context(target(), true);
  const Context inference = batch.context(target(), false);
  const std::string says = "graph: backward needs a forward in training before it";
  check_says(says, [&] { model.graph.backward(training, "loss"); });
  model.graph.forward(inference, batch.feeds);
  check_says(says, [&] { model.graph.backward(training, "loss"); });
  model.graph.forward(training, batch.feeds);
  check_says(says, [&] { model.graph.backward(inference, "loss"); });
  model.graph.backward(training, "loss");
  check_says(says, [&] { model.graph.backward(training, "loss"); });

  // A reserve, or a forward that failed, takes the values of the last forward away.
  const CaptionBatch larger(target(), {9, 9, 9});
  model.graph.forward(training, batch.feeds);
  model.graph.reserve(larger.context(target(), true), larger.specs());
  check_says(says, [&] { model.graph.backward(training, "loss"); });
  model.graph.forward(training, batch.feeds);
  CHECK(error_of([&] { model.graph.forward(training, larger.feeds); }) != "no error");
  check_says(says, [&] { model.graph.backward(training, "loss"); });
}

TEST_CASE("graph: backward from something that is no loss, and values that cannot be asked for") {
  SmallCaptioner model(target(), "RNN");
  const CaptionBatch batch(target(), {3, 2});
  const Context context = batch.context(target(), true);
  check_says("graph: value 'loss' is read by other nodes, or no forward was run",
             [&] { model.graph.value("loss"); });
  check_says("graph: 'features' is not an input with a gradient, or no backward was run",
             [&] { model.graph.input_gradient("features"); });
  for (const std::string name : {"upper", "features"}) {
    model.graph.forward(context, batch.feeds);
    check_says(
        "graph: backward starts from a node's value that no other node reads, which '" + name + "' is not",
        [&] { model.graph.backward(context, name); });
  }
  check_says("graph: value 'project' is read by other nodes", [&] { model.graph.value("project"); });
  check_says("graph: 'words' is not an input with a gradient", [&] { model.graph.input_gradient("words"); });
  check_says("graph: 'project' is not an input with a gradient",
             [&] { model.graph.input_gradient("project"); });
}
