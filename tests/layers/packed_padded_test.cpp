// A padded batch, its padding ignored through ignore_index, gives the loss and the gradients of the packed
// one.
#include <algorithm>

#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t D = 7, H = 9, V = 31;
constexpr std::int32_t null_word = 0;

struct Decoder {
  Decoder(const Target& target, const std::string& cell_type)
      : cell(make_layer(cell_type, {{"D", D}, {"H", H}})),
        loss(make_layer("VocabularyLoss", {{"H", H}, {"V", V}, {"ignore_index", null_word}, {"chunk", 4}})),
        cell_parameters(make_parameters(target, *cell, 1)),
        loss_parameters(make_parameters(target, *loss, 2)) {}

  struct Result {
    double loss;
    std::vector<Tensor> gradients;  // of the parameters of both layers
    Tensor dx, dh0;
  };

  Result run(const Target& target, const Packing& packing, const Tensor& x, const Tensor& h0,
             const Tensor& words) const {
    const Context context{.stream = target.stream, .training = true, .packing = &packing};
    zero_gradients(target, *cell);
    zero_gradients(target, *loss);
    LayerCall cell_call(*cell);
    LayerCall loss_call(*loss);
    const Tensor h = cell_call.forward(context, {x, h0})[0];
    Result result{numbers(loss_call.forward(context, {h, words})[0])[0], {}, {}, {}};
    const Tensor dh = loss_call.backward(context, {make(target, {1})})[0];
    const auto gradients = cell_call.backward(context, {dh});
    result.dx = gradients[0];
    result.dh0 = gradients[1];
    result.gradients = copy_gradients(*cell);
    for (const auto& gradient : copy_gradients(*loss)) result.gradients.push_back(gradient);
    return result;
  }

  std::unique_ptr<Layer> cell, loss;
  ParameterSet cell_parameters, loss_parameters;
};

// The same batch in both layouts: row t * N + n of the padded one is row offset(t) + n of the packed one.
struct Batch {
  Batch(const Target& target, const std::vector<std::int64_t>& lengths)
      : packing(Packing::from_lengths(lengths)),
        padded(Packing::full(packing.batch(), packing.steps())),
        h0(make_normal(target, {packing.batch(), H}, 1)) {
    const std::int64_t N = packing.batch();
    const std::vector<double> all = draw(padded.tokens() * D, 2);  // the padding too is not zero
    std::vector<std::int32_t> ids = draw_ids(padded.tokens(), V - 1, 3);
    for (auto& id : ids) ++id;  // no word is null_word by itself
    std::vector<double> x;
    std::vector<std::int32_t> words;
    for (std::int64_t t = 0; t < packing.steps(); ++t)
      for (std::int64_t n = 0; n < N; ++n) {
        const std::int64_t row = t * N + n;
        if (n < packing.size(t)) {
          kept.push_back(row);
          words.push_back(ids[static_cast<std::size_t>(row)]);
          x.insert(x.end(), all.begin() + row * D, all.begin() + (row + 1) * D);
        } else {
          ids[static_cast<std::size_t>(row)] = null_word;
        }
      }
    packed_x = make(target, x, {packing.tokens(), D});
    packed_words = make_indices(target, words);
    padded_x = make(target, all, {padded.tokens(), D});
    padded_words = make_indices(target, ids);
  }

  Packing packing, padded;
  Tensor h0, packed_x, packed_words, padded_x, padded_words;
  std::vector<std::int64_t> kept;  // rows of the padded layout
};

void check_batch(const Target& target, const Decoder& decoder, const std::vector<std::int64_t>& lengths) {
  const Batch batch(target, lengths);
  const auto packed = decoder.run(target, batch.packing, batch.packed_x, batch.h0, batch.packed_words);
  const auto padded = decoder.run(target, batch.padded, batch.padded_x, batch.h0, batch.padded_words);
  const std::int64_t operations = batch.padded.tokens() * (D + H + V);
  check_alike(target, "loss", make(target, {packed.loss}), {padded.loss}, operations);
  for (std::size_t i = 0; i < packed.gradients.size(); ++i)
    check_alike(target, "gradient " + std::to_string(i), packed.gradients[i], numbers(padded.gradients[i]),
                operations);
  check_alike(target, "dh0", packed.dh0, numbers(padded.dh0), operations);

  // Nothing comes back from behind an end: exactly zero there.
  std::vector<double> dx = numbers(padded.dx);
  std::vector<double> kept;
  for (const std::int64_t row : batch.kept)
    for (std::int64_t d = 0; d < D; ++d) {
      double& element = dx[static_cast<std::size_t>(row * D + d)];
      kept.push_back(element);
      element = 0;
    }
  check_alike(target, "dx", packed.dx, kept, operations);
  CHECK(std::all_of(dx.begin(), dx.end(), [](double element) { return element == 0; }));
}

}  // namespace

TEST_CASE("packed and padded batches have the same loss and the same gradients") {
  for (const std::string type : {"RNN", "LSTM"}) DYNAMIC_SECTION(type) {
      for (const DType element : {DType::float64, DType::float32})
        on_every_target_of(element, [&](const Target& target) {
          const Decoder decoder(target, type);
          check_batch(target, decoder, {6, 5, 4, 3, 2, 1});
          check_batch(target, decoder, {5, 5, 2, 0, 0});
          check_batch(target, decoder, {4});
          check_batch(target, decoder, {3, 3, 3});
        });
    }
}
