// From pictures to the loss: gradients, and pictures that several captions share.
#include "models/encoder_decoder.h"

#include <algorithm>
#include <map>

#include "tests/models/captioner_fixture.h"
#include "tests/models/small_encoder.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// Six captions of three pictures, two each.
struct SmallWhole {
  SmallWhole(const Target& target, const std::string& cell, double feature_dropout = 0)
      : encoder(std::make_unique<Encoder>(small_encoder("vector", true), target.type, target.device())),
        target_(target) {
    initialize_smoothly(target, *encoder);
    CaptionerConfig config = SmallModel::config(cell);
    config.feature_shape = encoder->feature_shape();
    auto decoder = std::make_unique<CaptioningRNN>(config, target.type, target.device());
    decoder->initialize(2);
    model = std::make_unique<EncoderDecoder>(std::move(encoder), std::move(decoder), target.device(),
                                             feature_dropout);
    const std::vector<std::int32_t> captions =
        token_rows({{1, 5, 6, 7, 8, 9, 2}, {1, 3, 10, 4, 2}, {1, 7, 0, 7, 2}, {1, 4, 2}, {1, 5, 2}, {1, 2}});
    pictures = draw_pictures(target, 3);
    batch = make_caption_batch(captions, 7, Tensor::zeros({6, 1}, target.type), 0).to(target.device());
    batch.features = pictures;
    batch.picture_rows = Tensor::from(rows, {6}, target.device());
  }

  double loss() {
    const Context context{.stream = target_.stream, .training = true};
    encoded = model->encode(context, batch);
    return numbers(model->forward(after_encoding(), encoded))[0];
  }

  // Gradients to zero, then both passes.
  double run(bool into_encoder = true) {
    for (ParameterSet* set : {&model->decoder().parameters(), &model->encoder()->parameters()})
      set->gradients().zero(target_.stream);
    const double value = loss();
    model->backward(after_encoding(), encoded, into_encoder);
    return value;
  }

  Context after_encoding() const {
    return {.stream = target_.stream, .training = true, .dropout = decoder_drops};
  }

  std::vector<Variable> decoder_variables() {
    std::vector<Variable> variables;
    for (const auto& [name, parameter] : model->decoder().parameters().entries())
      variables.push_back({name, parameter->value, parameter->gradient.clone()});
    return variables;
  }

  std::vector<std::int32_t> rows{0, 1, 2, 1, 0, 2};
  std::unique_ptr<Encoder> encoder;
  std::unique_ptr<EncoderDecoder> model;
  Tensor pictures;
  CaptionBatch batch, encoded;
  bool decoder_drops = true;

 private:
  Target target_;
};

void check_whole_gradients(const Target& target, SmallWhole& whole) {
  whole.run();
  std::vector<Variable> variables = whole.decoder_variables();
  for (const Variable& variable : encoder_variables(*whole.model->encoder())) variables.push_back(variable);
  check_gradients(target, variables, [&] { return std::vector<double>{whole.loss()}; },
                  {.roundings = 256, .all_up_to = 1});
}

}  // namespace

TEST_CASE("encoder and decoder: gradients from pictures to the loss by finite differences") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      INFO(cell);
      SmallWhole whole(target, cell);
      check_whole_gradients(target, whole);
    }
  });
}

TEST_CASE("encoder and decoder: gradients where features are dropped") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const bool shared : {true, false}) {
      INFO((shared ? "two captions of each picture" : "a picture for each caption"));
      SmallWhole whole(target, "lstm", 0.4);
      if (!shared) {
        whole.batch.features = draw_pictures(target, 6);
        whole.batch.picture_rows = {};
      }
      whole.decoder_drops = shared;  // in self-critical training the features alone are dropped
      check_whole_gradients(target, whole);
    }
  });
}

TEST_CASE("encoder and decoder: a picture's captions have lost the same features") {
  on_every_target_of(DType::float64, [](const Target& target) {
    constexpr double p = 0.4;
    SmallWhole plain(target, "lstm"), dropping(target, "lstm", p);
    const auto encoded = [&](SmallWhole& whole, const Context& context) {
      return numbers(whole.model->encode(context, whole.batch).features);
    };
    const std::vector<double> whole = encoded(plain, {.stream = target.stream, .training = true});
    CHECK(encoded(dropping, {.stream = target.stream, .training = true, .dropout = false}) == whole);
    const std::vector<double> first = encoded(dropping, {.stream = target.stream, .training = true});
    CHECK(encoded(dropping, {.stream = target.stream, .training = true}) == first);
    CHECK(encoded(dropping, {.stream = target.stream, .training = true, .step = 1}) != first);
    std::size_t dropped = 0;
    const std::size_t D = whole.size() / dropping.rows.size();
    std::map<std::int32_t, std::vector<double>> of_picture;
    for (std::size_t r = 0; r < dropping.rows.size(); ++r) {
      const std::vector<double> row(first.begin() + r * D, first.begin() + (r + 1) * D);
      for (std::size_t k = 0; k < D; ++k) {
        if (row[k] == 0)
          ++dropped;
        else
          CHECK(std::abs(row[k] - whole[r * D + k] / (1 - p)) <= 1e-12 * std::abs(row[k]));
      }
      CHECK(of_picture.try_emplace(dropping.rows[r], row).first->second == row);
    }
    CHECK(dropped > 0);
    CHECK(dropped < first.size());
    const std::vector<double> evaluated = encoded(dropping, {.stream = target.stream});
    CHECK(std::count(evaluated.begin(), evaluated.end(), 0.0) == 0);
  });
}

TEST_CASE(
    "encoder and decoder: features from the data are dropped in training, and stay as they were given") {
  on_every_target([](const Target& target) {
    EncoderDecoder model(
        nullptr, std::make_unique<CaptioningRNN>(SmallModel::config("rnn"), target.type, target.device()),
        target.device(), 0.25);
    CaptionBatch batch =
        make_caption_batch(token_rows({{1, 4, 2}}), 3, Tensor::zeros({1, 1}, target.type), 0);
    constexpr std::size_t count = 4000;
    batch.features = make(target, std::vector<double>(count, 3)).view({1, count});
    const std::vector<double> got =
        numbers(model.encode({.stream = target.stream, .training = true}, batch).features);
    const auto dropped = static_cast<double>(std::count(got.begin(), got.end(), 0.0));
    CHECK(std::abs(dropped / count - 0.25) < 0.04);  // 6 deviations
    CHECK(static_cast<double>(std::count(got.begin(), got.end(), 4.0)) == count - dropped);
    CHECK(numbers(batch.features) == std::vector<double>(count, 3));
  });
}

TEST_CASE("encoder and decoder: pictures that captions share give what copies of them give") {
  on_every_target_of(DType::float64, [](const Target& target) {
    SmallWhole whole(target, "lstm");
    const double loss = whole.run();
    const std::vector<Variable> decoder = whole.decoder_variables();
    const std::vector<Variable> encoder = encoder_variables(*whole.model->encoder());

    // Each picture is there twice, so that the statistics of the batch are the same.
    const std::int64_t size = whole.pictures.numel() / 3;
    const std::vector<double> of_three = numbers(whole.pictures);
    std::vector<double> of_six;
    for (const auto row : whole.rows)
      of_six.insert(of_six.end(), of_three.begin() + row * size, of_three.begin() + (row + 1) * size);
    whole.batch.features = make(target, of_six).view({6, small_picture_side, small_picture_side, 3});
    whole.batch.picture_rows = {};
    constexpr std::int64_t operations = 10'000'000;  // of each picture
    check_close(target, Tensor::from(std::vector<double>{whole.run()}, {1}), {loss}, 1, 64);
    check_same_gradients(target, whole.decoder_variables(), decoder, 1, operations);
    check_same_gradients(target, encoder_variables(*whole.model->encoder()), encoder, 1, operations);
  });
}

TEST_CASE("encoder and decoder: an encoder at rest gets no gradient") {
  on_every_target_of(DType::float32, [](const Target& target) {
    SmallWhole whole(target, "rnn");
    whole.run(false);
    for (const Variable& variable : encoder_variables(*whole.model->encoder()))
      for (const double value : numbers(variable.gradient)) CHECK(value == 0);
    CHECK(numbers(whole.decoder_variables().front().gradient) != std::vector<double>(400 * 7, 0));
  });
}

TEST_CASE("encoder and decoder: a decoder without a feature gradient is refused") {
  on_every_target_of(DType::float32, [](const Target& target) {
    CaptionerConfig config = SmallModel::config("rnn");
    config.feature_gradient = false;
    CHECK(contains(error_of([&] {
                     EncoderDecoder(
                         std::make_unique<Encoder>(small_encoder("vector"), target.type, target.device()),
                         std::make_unique<CaptioningRNN>(config, target.type, target.device()),
                         target.device());
                   }),
                   "feature gradient, which its configuration lacks"));
  });
}
