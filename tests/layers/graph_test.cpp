// Graph: gradients, equality with the layers called one by one, and results that repeat bit for bit.
#include "kernels/elementwise.h"
#include "tests/layers/graph_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const std::vector<std::int64_t> falling{5, 4, 2, 1, 0};

// Steps of plain gradient descent; returns the losses and, at the end, the parameters.
std::pair<std::vector<double>, Tensor> train(const Target& target, const std::string& cell, int steps,
                                             bool evaluate_between = false) {
  SmallCaptioner model(target, cell, 3);
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step) {
    const CaptionBatch batch(target, step % 2 == 0 ? falling : std::vector<std::int64_t>{7, 3, 3},
                             static_cast<std::uint64_t>(step));
    if (evaluate_between) {
      const CaptionBatch other(target, {9, 9, 9, 9}, 77);
      model.graph.forward(other.context(target, false), other.feeds);
    }
    const Tensor& gradients = model.graph.parameters().gradients();
    gradients.zero(target.stream);
    model.graph.forward(batch.context(target, true, static_cast<std::uint64_t>(step)), batch.feeds);
    losses.push_back(numbers(model.graph.value("loss"))[0]);
    model.graph.backward(batch.context(target, true, static_cast<std::uint64_t>(step)), "loss");
    kernels::axpy(target.stream, -0.1, gradients, model.graph.parameters().values(), gradients.numel());
  }
  return {losses, model.graph.parameters().values().clone()};
}

}  // namespace

TEST_CASE("graph: gradients by finite differences, with a value that several nodes read") {
  for (const std::string cell : {"RNN", "LSTM"}) DYNAMIC_SECTION(cell) {
      on_every_target_of(DType::float64, [&](const Target& target) {
        SmallCaptioner model(target, cell);
        const CaptionBatch batch(target, falling);
        check_graph_gradients(target, batch.context(target, true), model.graph, batch.feeds, {"features"},
                              "loss");
      });
    }
}

TEST_CASE("graph: a node that reads one value twice, and an input that two nodes read") {
  on_every_target_of(DType::float64, [](const Target& target) {
    Graph graph;
    graph.input("x", true);
    graph.input("words");
    graph.add("a", make_layer("Linear", {{"in", 4}, {"out", 4}}), {"x"});
    graph.add("both", make_layer("RNN", {{"D", 4}, {"H", 4}}), {"a", "a"});
    graph.add("again", make_layer("RNN", {{"D", 4}, {"H", 4}}), {"both", "x"});
    graph.add("third", make_layer("RNN", {{"D", 4}, {"H", 4}}), {"again", "a"});
    graph.add("loss", make_layer("TemporalSoftmaxLoss", {{"ignore_index", -1}}), {"third", "words"});
    graph.allocate(target.type, target.device());
    Random random(1);
    graph.parameters().initialize(random);
    const Packing packing = Packing::full(3, 1);
    const Context context{.stream = target.stream, .training = true, .packing = &packing};
    check_graph_gradients(
        target, context, graph,
        {{"x", make_normal(target, {3, 4}, 1)}, {"words", make_ids(target, {0, 3, 1}, {3})}}, {"x"}, "loss");
  });
}

TEST_CASE("graph: parameter gradients accumulate, input gradients do not") {
  on_every_target_of(DType::float64, [](const Target& target) {
    SmallCaptioner model(target, "LSTM");
    const CaptionBatch batch(target, falling);
    const Context context = batch.context(target, true);
    const auto run = [&] {
      model.graph.forward(context, batch.feeds);
      model.graph.backward(context, "loss");
    };
    run();
    const Tensor features = model.graph.input_gradient("features").clone();
    std::vector<double> twice = numbers(model.graph.parameters().gradients());
    for (double& value : twice) value *= 2;
    run();
    CHECK(same_bits(model.graph.input_gradient("features"), features));
    check_alike(target, "twice", model.graph.parameters().gradients(), twice, batch.packing.tokens());
  });
}

TEST_CASE("graph: the layers called one by one give the same bits") {
  on_every_target([](const Target& target) {
    Graph graph;
    graph.input("x", true);
    graph.input("words");
    const Layer& first = graph.add("first", make_layer("Linear", {{"in", 31}, {"out", 33}}), {"x"});
    const Layer& second = graph.add("second", make_layer("Tanh", {}), {"first"});
    const Layer& third =
        graph.add("loss", make_layer("VocabularyLoss", {{"H", 33}, {"V", 43}}), {"second", "words"});
    graph.allocate(target.type, target.device());
    Random random(1);
    graph.parameters().initialize(random);
    const Tensor x = make_normal(target, {5, 4, 31}, 1);
    const Tensor words = make_ids(target, draw_ids(20, 43, 2), {5, 4});
    const Context context{.stream = target.stream, .training = true};
    LayerCall a(first), b(second), c(third);
    const Tensor loss = c.forward(context, {b.forward(context, {a.forward(context, {x})[0]})[0], words})[0];
    const Tensor dx = a.backward(
        context, {b.backward(context, {c.backward(context, {make(in_arithmetic(target), {1})})[0]})[0]})[0];
    const Tensor gradients = graph.parameters().gradients().clone();
    graph.parameters().gradients().zero(target.stream);
    graph.forward(context, {{"x", x}, {"words", words}});
    CHECK(same_bits(graph.value("loss"), loss));
    graph.backward(context, "loss");
    CHECK(same_bits(graph.input_gradient("x"), dx));
    CHECK(same_bits(graph.parameters().gradients(), gradients));
  });
}

TEST_CASE("graph: an empty batch has loss zero and no gradients") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const std::vector<std::int64_t>& lengths : {std::vector<std::int64_t>{}, {0, 0}}) {
      SmallCaptioner model(target, "LSTM");
      const CaptionBatch batch(target, lengths);
      model.graph.forward(batch.context(target, true), batch.feeds);
      CHECK(numbers(model.graph.value("loss"))[0] == 0);
      model.graph.backward(batch.context(target, true), "loss");
      const Tensor& gradients = model.graph.parameters().gradients();
      check_close(target, gradients, std::vector<double>(static_cast<std::size_t>(gradients.numel())));
    }
  });
}

TEST_CASE("graph: two runs with one seed give the same bits, with inference in between too") {
  for (const std::string cell : {"RNN", "LSTM"}) DYNAMIC_SECTION(cell) {
      on_every_target([&](const Target& target) {
        const auto [losses, parameters] = train(target, cell, 6);
        for (const bool evaluate_between : {false, true}) {
          const auto again = train(target, cell, 6, evaluate_between);
          CHECK(again.first == losses);
          CHECK(same_bits(again.second, parameters));
        }
      });
    }
}

TEST_CASE("graph: one thread and two give the same bits") {
  const int threads = cpu_threads();
  on_every_target([&](const Target& target) {
    if (!target.device().is_cpu()) return;
    set_cpu_threads(1);
    const auto one = train(target, "LSTM", 4);
    set_cpu_threads(2);
    const auto two = train(target, "LSTM", 4);
    set_cpu_threads(threads);
    CHECK(one.first == two.first);
    CHECK(same_bits(one.second, two.second));
  });
}

TEST_CASE("graph: dropout follows seed and step, and is off without training") {
  on_every_target_of(DType::float32, [](const Target& target) {
    SmallCaptioner model(target, "RNN");
    const CaptionBatch batch(target, falling);
    const auto loss = [&](bool training, std::uint64_t step) {
      model.graph.forward(batch.context(target, training, step), batch.feeds);
      return numbers(model.graph.value("loss"))[0];
    };
    const double first = loss(true, 1);
    CHECK(loss(true, 2) != first);
    CHECK(loss(true, 1) == first);
    const double inference = loss(false, 1);
    CHECK(inference != first);
    CHECK(loss(false, 2) == inference);
  });
}

TEST_CASE("graph: recorded passes give the same bits, whatever shapes and passes come between") {
  on_every_target([](const Target& target) {
    const auto make = [&] {
      Graph graph;
      graph.input("x", true);
      graph.add("a", make_layer("Conv2d", {{"in", 4}, {"out", 8}, {"kernel", 3}, {"padding", 1}}), {"x"});
      graph.add("norm", make_layer("BatchNorm2d", {{"channels", 8}}), {"a"});
      graph.add("relu", make_layer("ReLU", {}), {"norm"});
      graph.add("flat", make_layer("Flatten", {}), {"relu"});
      graph.allocate(target.type, target.device());
      Random random(1);
      graph.parameters().initialize(random);
      return graph;
    };
    Graph plain = make(), recorded = make();
    recorded.record_passes();
    const Context training{.stream = target.stream, .training = true}, evaluation{.stream = target.stream};
    std::map<std::int64_t, Tensor> places;  // one address for each shape
    std::uint64_t seed = 0;
    for (const std::int64_t n : {3, 3, 5, 3, 5, 5, 3, 3}) {
      if (!places.contains(n)) places.emplace(n, Tensor({n, 5, 5, 4}, target.type, target.device()));
      const Tensor x = places.at(n);
      copy(target.stream, make_normal(target, x.shape(), ++seed), x);
      const Tensor gradient = make_normal(target, {n, 200}, ++seed);
      std::vector<std::vector<double>> results;
      for (Graph* graph : {&plain, &recorded}) {
        auto& result = results.emplace_back();
        const auto add = [&](const Tensor& tensor) {
          const auto values = numbers(tensor);
          result.insert(result.end(), values.begin(), values.end());
        };
        graph->parameters().gradients().zero(target.stream);
        graph->forward(training, {{"x", x}});
        add(graph->value("flat"));
        graph->backward(training, "flat", gradient);
        add(graph->input_gradient("x"));
        add(graph->parameters().gradients());
        if (seed % 3 == 0) graph->freeze(target.stream);
        graph->forward(evaluation, {{"x", x}});
        add(graph->value("flat"));
        if (seed % 3 == 0) graph->thaw();
        kernels::axpy(target.stream, -0.01, graph->parameters().gradients(), graph->parameters().values(),
                      graph->parameters().values().numel());
      }
      CHECK(results[0] == results[1]);
    }
  });
}
