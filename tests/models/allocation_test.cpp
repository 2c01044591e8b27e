// A training step of a size that was seen or reserved takes no memory.
#include "core/allocator.h"
#include "models/optimizer.h"
#include "tests/models/captioner_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// Steps with batches of several sizes, the largest first; returns the requests of all but the first.
std::int64_t requests(const Target& target, const CaptionerConfig& config) {
  SmallModel model(target, config, draw_token_rows({9, 9, 9, 9, 9, 9, 9}, 11, 1), 7);
  std::vector<CaptionBatch> batches{model.batch};
  for (const std::vector<std::int64_t>& words :
       {std::vector<std::int64_t>{9, 1, 2}, {0}, {3, 3, 3, 3, 3, 3, 3}, {9, 8, 7, 6, 5, 4, 3}}) {
    const auto count = static_cast<std::int64_t>(words.size());
    const std::vector<std::int32_t> tokens = draw_token_rows(words, 11, 2);
    batches.push_back(make_caption_batch(tokens, static_cast<std::int64_t>(tokens.size()) / count,
                                         make_normal(target, {count, 6}, 3), 0));
  }
  const auto optimizer = make_optimizer({}, model.captioner.parameters());
  GradientNorm norm(target.device());
  const auto step = [&](const CaptionBatch& batch) {
    model.captioner.forward(model.context(true), batch);
    model.captioner.backward(model.context(true), batch);
    optimizer->step(target.stream, 1e-3,
                    norm.clip(target.stream, model.captioner.parameters().gradients(), 1));
    model.captioner.forward(model.context(false), batch);
  };
  step(batches[0]);
  const std::int64_t before = allocator(target.device()).statistics().requests;
  for (const auto& batch : batches) step(batch);
  return allocator(target.device()).statistics().requests - before;
}

}  // namespace

TEST_CASE("captioner: no step after the first of the largest size allocates") {
  on_every_target([](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      CHECK(requests(target, SmallModel::config(cell)) == 0);
      CHECK(requests(target, SmallModel::full_config(cell)) == 0);
    }
  });
}
