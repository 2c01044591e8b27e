// Scheduled sampling: which words take whose place.
#include "models/scheduled_sampling.h"

#include <algorithm>
#include <cmath>

#include "tests/error_message.h"
#include "tests/models/captioner_fixture.h"
#include "tests/models/relative_error.h"
#include "tests/models/trainer_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::vector<std::int32_t> ids(const Tensor& tensor) {
  return tensor.to_vector<std::int32_t>();
}

// -log p of a caption's words, by the loss of a batch of it alone.
double surprise(SmallModel& model, const std::vector<std::int32_t>& caption) {
  const Tensor features = model.batch.features.rows(0, 1);
  const CaptionBatch own =
      make_caption_batch(caption, static_cast<std::int64_t>(caption.size()), features, 0);
  return numbers(model.captioner.forward(model.context(false), own))[0];
}

}  // namespace

TEST_CASE("scheduled sampling: the probability rises from none to the most") {
  for (const auto& name : scheduled_sampling_names()) {
    const ScheduledSamplingConfig config{0.5, name};
    CHECK(sampling_probability(config, 0) < 0.01);
    CHECK(sampling_probability(config, 1) > 0.49);
    CHECK(sampling_probability(config, 1) <= 0.5);
    CHECK(sampling_probability(config, 0.4) < sampling_probability(config, 0.6));
  }
  CHECK(sampling_probability({0.5, "linear"}, 0.5) == 0.25);
  CHECK(relative_error(sampling_probability({0.5, "exponential"}, 0.5), 0.45) < 1e-12);
  CHECK(sampling_probability({0.5, "inverse_sigmoid"}, 0.5) == 0.25);
  CHECK(lacks(error_of([] { sampling_probability({0.5, "cubic"}, 0.5); }), {"'cubic'", "linear"}) == "");
}

TEST_CASE("scheduled sampling: a word is drawn as probable as it is after the caption's own words") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      constexpr std::int64_t count = 400;
      SmallModel model(target, SmallModel::full_config(cell), draw_token_rows({3}, 11, 1), 1);
      std::vector<std::int32_t> captions;
      for (std::int64_t i = 0; i < count; ++i) captions.insert(captions.end(), {1, 5, 8, 2});
      const Tensor features = make_zeros(target, {count, 6});
      for (std::int64_t i = 0; i < count; ++i)
        copy(target.stream, model.batch.features.rows(0, 1), features.rows(i, i + 1));
      const CaptionBatch batch = make_caption_batch(captions, 4, features, 0);
      std::vector<double> uniform;
      for (std::int64_t t = 0; t < 3; ++t)
        for (std::int64_t i = 0; i < count; ++i) uniform.push_back((static_cast<double>(i) + 0.5) / count);
      const auto drawn = model.captioner.draw_next(target.stream, batch, uniform);
      const std::vector<std::vector<std::int32_t>> before{{1}, {1, 5}, {1, 5, 8}};
      for (std::size_t t = 0; t < 3; ++t) {
        std::vector<double> probable;
        double all = 0;
        for (std::int32_t word = 3; word < 11; ++word) {
          std::vector<std::int32_t> longer = before[t];
          longer.push_back(word);
          probable.push_back(std::exp((t == 0 ? 0 : surprise(model, before[t])) - surprise(model, longer)));
          all += probable.back();
        }
        for (std::int32_t word = 3; word < 11; ++word) {
          const auto begin = drawn.begin() + static_cast<std::ptrdiff_t>(t * count);
          const auto times = static_cast<double>(std::count(begin, begin + count, word));
          CHECK(std::abs(times - count * probable[static_cast<std::size_t>(word - 3)] / all) <= 1);
        }
      }
    }
  });
}

TEST_CASE("scheduled sampling: drawn words take the place of inputs, the targets stay") {
  on_every_target([](const Target& target) {
    SmallModel model(target, SmallModel::full_config("lstm"), draw_token_rows({0, 7, 3, 12, 5, 1, 2}, 11, 3),
                     7);
    const Packing& packing = model.batch.packing;
    const Context context = model.context(true, 4);
    const CaptionBatch none = mix_own_words(context, model.captioner, model.batch, 0);
    CHECK(none.inputs.raw() == model.batch.inputs.raw());

    const CaptionBatch all = mix_own_words(context, model.captioner, model.batch, 1);
    const auto own = ids(model.batch.inputs), inputs = ids(all.inputs), words = ids(all.words);
    CHECK(ids(all.targets) == ids(model.batch.targets));
    std::int64_t other = 0;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      CHECK(inputs[k] == words[static_cast<std::size_t>(ids(all.word_rows)[k])]);
      if (k < static_cast<std::size_t>(packing.size(0))) {
        CHECK(inputs[k] == 1);
        continue;
      }
      CHECK(inputs[k] > 2);  // no <NULL>, <START>, <END>
      other += inputs[k] != own[k];
    }
    CHECK(other > packing.tokens() / 3);
    CHECK(std::is_sorted(words.begin(), words.end()));

    const CaptionBatch some = mix_own_words(context, model.captioner, model.batch, 0.5);
    std::int64_t kept = 0, drawn = 0;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::int32_t word = ids(some.inputs)[k];
      CHECK((word == own[k] || word == inputs[k]));
      kept += word == own[k] && word != inputs[k];
      drawn += word != own[k];
    }
    CHECK(kept > 5);
    CHECK(drawn > 5);
    CHECK(ids(mix_own_words(context, model.captioner, model.batch, 0.5).inputs) == ids(some.inputs));
    CHECK(ids(mix_own_words(model.context(true, 5), model.captioner, model.batch, 0.5).inputs) !=
          ids(some.inputs));
  });
}

TEST_CASE("scheduled sampling: no gradient goes through the choice") {
  on_every_target_of(DType::float64, [](const Target& target) {
    SmallModel model(target, SmallModel::full_config("lstm"), draw_token_rows({7, 3, 5}, 11, 3), 3);
    model.batch = mix_own_words(model.context(true), model.captioner, model.batch, 0.7);
    model.run();  // with the words as they were drawn
    check_gradients(target, model.gradients(), [&] { return std::vector<double>{model.loss()}; },
                    {.all_up_to = 40});
  });
}

TEST_CASE("trainer: scheduled sampling changes what is learned, and learns it") {
  const std::vector<std::string> settings{"train.epochs=8", "model.standardize=true", "train.clip_norm=5"};
  Run plain(settings);
  plain.train();
  for (const auto& schedule : scheduled_sampling_names()) {
    std::vector<std::string> changes = settings;
    changes.insert(changes.end(), {"train.scheduled_sampling=0.5", "train.sampling_schedule=" + schedule});
    Run run(changes), again(changes);
    run.train();
    again.train();
    CHECK(run.epochs.back().train_loss != plain.epochs.back().train_loss);
    CHECK(run.epochs.back().val_loss < 0.5 * run.epochs.front().val_loss);
    CHECK(
        same_bits(run.task.captioner().parameters().values(), again.task.captioner().parameters().values()));
  }
}
