// Graph: one arena, shared between buffers, and no allocation in a step of a size seen or reserved.
#include "core/allocator.h"
#include "tests/layers/graph_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::int64_t requests(const Target& target) {
  return allocator(target.device()).statistics().requests;
}

const std::vector<std::vector<std::int64_t>> batches{
    {8, 8, 8, 8, 8, 8}, {8, 5, 3, 1}, {4, 4, 4, 4, 4, 4}, {8}, {1, 1, 0}, {0, 0}, {7, 6, 5, 4, 3, 2}};

}  // namespace

TEST_CASE("graph: after reserve and one step no step of any smaller batch allocates") {
  for (const std::string cell : {"RNN", "LSTM"}) DYNAMIC_SECTION(cell) {
      on_every_target([&](const Target& target) {
        SmallCaptioner model(target, cell);
        std::vector<CaptionBatch> all;
        for (const auto& lengths : batches) all.emplace_back(target, lengths);
        model.graph.reserve(all[0].context(target, true), all[0].specs());
        model.graph.reserve(all[0].context(target, false), all[0].specs());
        const std::size_t arena = model.graph.memory().arena;
        // The scratch of the stream is not the graph's: one step of the largest size makes it.
        model.graph.forward(all[0].context(target, true), all[0].feeds);
        model.graph.backward(all[0].context(target, true), "loss");
        const std::int64_t before = requests(target);
        for (int round = 0; round < 2; ++round)
          for (const auto& batch : all) {
            model.graph.forward(batch.context(target, true), batch.feeds);
            model.graph.backward(batch.context(target, true), "loss");
            model.graph.forward(batch.context(target, false), batch.feeds);
          }
        CHECK(requests(target) == before);
        CHECK(model.graph.memory().arena == arena);
      });
    }
}

TEST_CASE("graph: without reserve a size allocates once, and a larger one once more") {
  on_every_target_of(DType::float32, [](const Target& target) {
    SmallCaptioner model(target, "LSTM");
    const CaptionBatch small(target, {3, 2, 1});
    const CaptionBatch large(target, {9, 8, 7, 6});
    const auto step = [&](const CaptionBatch& batch) {
      const std::int64_t before = requests(target);
      model.graph.forward(batch.context(target, true), batch.feeds);
      model.graph.backward(batch.context(target, true), "loss");
      return requests(target) - before;
    };
    CHECK(step(small) > 0);
    CHECK(step(small) == 0);
    CHECK(step(large) > 0);
    CHECK(step(large) == 0);
    CHECK(step(small) == 0);
  });
}

TEST_CASE("graph: a batch that grows in one direction and shrinks in the other is served") {
  on_every_target_of(DType::float64, [](const Target& target) {
    SmallCaptioner model(target, "LSTM");
    const CaptionBatch wide(target, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    const CaptionBatch tall(target, {20, 3});
    for (int round = 0; round < 3; ++round)
      for (const CaptionBatch* batch : {&wide, &tall}) {
        const Context context = batch->context(target, true);
        model.graph.forward(context, batch->feeds);
        model.graph.backward(context, "loss");
        SmallCaptioner fresh(target, "LSTM");
        fresh.graph.forward(context, batch->feeds);
        CHECK(same_bits(fresh.graph.value("loss"), model.graph.value("loss")));
        fresh.graph.backward(context, "loss");
        CHECK(same_bits(fresh.graph.input_gradient("features"), model.graph.input_gradient("features")));
      }
  });
}

TEST_CASE("graph: sharing saves memory, and inference needs less than training") {
  const Target& target = some_target(DType::float32);
  const CaptionBatch batch(target, {30, 29, 28, 27, 26, 25});
  SmallCaptioner training(target, "LSTM");
  training.graph.reserve(batch.context(target, true), batch.specs());
  const auto used = training.graph.memory();
  CHECK(used.arena > 0);
  CHECK(used.arena < used.unshared);
  SmallCaptioner inference(target, "LSTM");
  CHECK(inference.graph.memory().arena == 0);
  inference.graph.reserve(batch.context(target, false), batch.specs());
  CHECK(inference.graph.memory().arena < used.arena);
}
