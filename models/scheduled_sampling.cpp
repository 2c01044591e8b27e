#include "models/scheduled_sampling.h"

#include <cmath>

#include "core/format.h"
#include "models/word_sampling.h"

namespace dlcore {

std::vector<std::string> scheduled_sampling_names() {
  return {"linear", "exponential", "inverse_sigmoid"};
}

double sampling_probability(const ScheduledSamplingConfig& config, double x) {
  if (config.schedule == "linear") return config.most * x;
  if (config.schedule == "exponential") return config.most * (1 - std::pow(0.01, x));
  require(config.schedule == "inverse_sigmoid", "there is no sampling schedule '{}': there are {}",
          config.schedule, fmt::join(scheduled_sampling_names(), ", "));
  return config.most / (1 + std::exp(-10 * (x - 0.5)));
}

CaptionBatch mix_own_words(const Context& context, const CaptioningRNN& captioner, const CaptionBatch& batch,
                           double probability) {
  if (probability == 0) return batch;
  // Sets these numbers apart from each other, from those of dropout and of drawn captions.
  constexpr std::uint64_t choosing_seed = 0x5c4ed01e, drawing_seed = 0x5c4ed02e;
  const Packing& packing = batch.packing;
  std::vector<double> uniform, choice;
  for (std::int64_t t = 0; t < packing.steps(); ++t)
    for (std::int64_t r = 0; r < packing.size(t); ++r) {
      uniform.push_back(drawing_number(context.seed ^ drawing_seed, context.step, r, t));
      choice.push_back(drawing_number(context.seed ^ choosing_seed, context.step, r, t));
    }
  const std::vector<std::int32_t> drawn = captioner.draw_next(context.stream, batch, uniform);
  std::vector<std::int32_t> inputs = batch.inputs.to_vector<std::int32_t>();
  for (std::int64_t t = 1; t < packing.steps(); ++t)
    for (std::int64_t r = 0; r < packing.size(t); ++r) {
      const auto k = static_cast<std::size_t>(packing.offset(t) + r);
      if (choice[k] < probability) inputs[k] = drawn[static_cast<std::size_t>(packing.offset(t - 1) + r)];
    }
  std::vector<std::int32_t> words(inputs.size()), word_rows(inputs.size());
  words.resize(static_cast<std::size_t>(number_words(inputs, words.data(), word_rows.data())));
  const Device device = batch.inputs.device();
  CaptionBatch mixed = batch;
  mixed.inputs = Tensor::from(inputs, batch.inputs.shape(), device);
  mixed.words = Tensor::from(words, {static_cast<std::int64_t>(words.size())}, device);
  mixed.word_rows = Tensor::from(word_rows, batch.word_rows.shape(), device);
  return mixed;
}

}  // namespace dlcore
