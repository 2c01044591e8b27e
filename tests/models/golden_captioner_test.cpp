// The published losses of the captioner, and an optimiser's published steps: golden/golden_cases.json.
#include "models/encoder.h"
#include "models/optimizer.h"
#include "models/pictures.h"
#include "tests/golden_cases.h"
#include "tests/models/captioner_fixture.h"
#include "tests/models/formula_numbers.h"
#include "tests/models/relative_error.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr double course_limit = 1e-7;     // rel_error of captioning_*_loss; golden/README.md
constexpr double notebook_limit = 1e-10;  // absolute, of captioning_loss_precomputed_features

std::vector<double> transposed(const std::vector<double>& values, std::int64_t rows, std::int64_t cols) {
  std::vector<double> result(values.size());
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < cols; ++c)
      result[static_cast<std::size_t>(c * rows + r)] = values[static_cast<std::size_t>(r * cols + c)];
  return result;
}

// Every parameter is linspace(-1.4, 1.3); a Linear's weight in the layout (out, in) where asked for.
void fill(const Target& target, CaptioningRNN& captioner, bool out_in) {
  for (const auto& [name, parameter] : captioner.parameters().entries()) {
    const Shape& shape = parameter->shape;
    std::vector<double> values = linspace(-1.4, 1.3, shape.numel());
    if (out_in && (name == "project.weight" || name == "score.weight"))
      values = transposed(values, shape[1], shape[0]);
    copy(target.stream, make(target, values, shape), parameter->value);
  }
}

std::vector<std::int32_t> counting(std::int64_t count, std::int64_t V) {
  std::vector<std::int32_t> tokens;
  for (std::int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<std::int32_t>(i % V));
  return tokens;
}

void check_course_loss(DType type, const std::string& cell) {
  const auto& sizes = golden_case("captioning_rnn_loss");
  const double want = golden_case("captioning_" + cell + "_loss").at("expected_published");
  const std::int64_t N = sizes.at("N"), D = sizes.at("D"), V = sizes.at("V"), T = sizes.at("T");
  on_every_target_of(type, [&](const Target& target) {
    CaptioningRNN captioner({.cell = cell,
                             .feature_shape = {D},
                             .vocabulary_size = V,
                             .wordvec_dim = sizes.at("W"),
                             .hidden_dim = sizes.at("H")},
                            target.type, target.device());
    fill(target, captioner, true);
    // Features that give the h0 which the case names, with K = 50.
    const std::vector<double> features(static_cast<std::size_t>(N * D), 50.0 / static_cast<double>(D));
    const CaptionBatch batch = make_caption_batch(counting(N * T, V), T, make(target, features, {N, D}), 0);
    const std::vector<double> loss = numbers(captioner.forward({.stream = target.stream}, batch));
    CHECK(rel_error(loss, {want}) <= course_limit);
  });
}

// The published losses with the encoder before the captioner, as the notebook computes them: every parameter
// linspace(-1.4, 1.3), the encoder in training, pictures that are normalised but not divided by 255.
void check_course_loss_from_pictures(const std::string& cell, const std::vector<double>& pictures) {
  const auto& sizes = golden_case("captioning_rnn_loss");
  const double want = golden_case("captioning_" + cell + "_loss").at("expected_published");
  const std::int64_t N = sizes.at("N"), V = sizes.at("V"), T = sizes.at("T"), S = 112;
  std::vector<double> pixels = to_channels_last(pictures, {N, 3, S, S});
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = (pixels[i] - picture_mean[i % 3]) / picture_deviation[i % 3];
  on_every_target_of(DType::float32, [&](const Target& target) {
    Encoder encoder({.image_size = S}, target.type, target.device());
    for (const auto& [name, parameter] : encoder.parameters().entries())
      copy(target.stream, make(target, linspace(-1.4, 1.3, parameter->shape.numel()), parameter->shape),
           parameter->value);
    CaptioningRNN captioner({.cell = cell,
                             .feature_shape = encoder.feature_shape(),
                             .vocabulary_size = V,
                             .wordvec_dim = sizes.at("W"),
                             .hidden_dim = sizes.at("H")},
                            target.type, target.device());
    fill(target, captioner, true);
    const Context context{.stream = target.stream, .training = true};
    const Tensor features = encoder.forward(context, make(target, pixels, {N, S, S, 3}));
    const CaptionBatch batch = make_caption_batch(counting(N * T, V), T, features, 0);
    CHECK(rel_error(numbers(captioner.forward(context, batch)), {want}) <= course_limit);
  });
}

struct Named {
  const char* golden;
  const char* parameter;
};
const Named names[] = {{"W_proj", "project.weight"},
                       {"b_proj", "project.bias"},
                       {"W_embed", "embed.weight"},
                       {"Wx", "cell.Wx"},
                       {"Wh", "cell.Wh"},
                       {"b", "cell.b"},
                       {"W_vocab", "score.weight"},
                       {"b_vocab", "score.bias"}};

}  // namespace

TEST_CASE("golden: the course's captioning losses, float32") {
  check_course_loss(DType::float32, "rnn");
  check_course_loss(DType::float32, "lstm");
}

TEST_CASE("golden: the course's captioning losses, float64") {
  check_course_loss(DType::float64, "rnn");
  check_course_loss(DType::float64, "lstm");
}

TEST_CASE("golden: CS231n's captioning losses, and the norm and sum of every gradient") {
  const auto& golden = golden_case("captioning_loss_precomputed_features");
  const std::int64_t N = 10, D = 20, V = 3, T = 13;
  for (const std::string cell : {"rnn", "lstm"}) {
    const auto& want = golden.at(cell);
    on_every_target_of(DType::float64, [&](const Target& target) {
      INFO(cell);
      CaptioningRNN captioner(
          {.cell = cell, .feature_shape = {D}, .vocabulary_size = V, .wordvec_dim = 30, .hidden_dim = 40},
          target.type, target.device());
      fill(target, captioner, false);
      const std::vector<double> features =
          cell == "rnn" ? linspace(-1.5, 0.3, N * D) : linspace(-0.5, 1.7, N * D);
      const CaptionBatch batch = make_caption_batch(counting(N * T, V), T, make(target, features, {N, D}), 0);
      const Context context{.stream = target.stream, .training = true};
      const double loss = numbers(captioner.forward(context, batch))[0];
      captioner.backward(context, batch);
      CHECK(std::abs(loss - want.at("expected_notebook").get<double>()) <= notebook_limit);
      CHECK(relative_error(loss, want.at("loss").get<double>()) <= golden_limit);
      for (const auto& [name, parameter] : names) {
        INFO(name);
        double squares = 0, sum = 0, size = 0;
        for (const double value : numbers(captioner.parameters().find(parameter).gradient)) {
          squares += value * value;
          sum += value;
          size += std::abs(value);
        }
        const double norm = want.at("grad_l2_norm_derived").at(name);
        CHECK(relative_error(std::sqrt(squares), norm) <= golden_limit);
        // Terms of both signs: the sum is known to the size of what went into it.
        CHECK(std::abs(sum - want.at("grad_sum_derived").at(name).get<double>()) <= golden_limit * size);
      }
    });
  }
}

TEST_CASE("golden: five steps of AdamW") {
  const auto& steps = golden_case("adamw").at("p_after_each_step");
  on_every_target_of(DType::float64, [&](const Target& target) {
    std::vector<Parameter> list;
    list.push_back({.name = "p", .shape = {6}});
    ParameterSet set;
    set.add("", list);
    set.allocate(target.type, target.device());
    copy(target.stream, make(target, linspace(-1, 1, 6)), list[0].value);
    const auto optimizer = make_optimizer({.name = "adamw"}, set);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      std::vector<double> gradient;
      for (int i = 0; i < 6; ++i) gradient.push_back(std::sin(0.7 * i + static_cast<double>(k)));
      copy(target.stream, make(target, gradient), list[0].gradient);
      optimizer->step(target.stream, 1e-3);
      const std::vector<double> got = numbers(list[0].value);
      const auto want = steps[k].get<std::vector<double>>();
      for (std::size_t i = 0; i < 6; ++i) CHECK(std::abs(got[i] - want[i]) <= golden_limit);
      for (const double value : numbers(list[0].gradient)) CHECK(value == 0);
    }
    CHECK(optimizer->steps() == 5);
  });
}

TEST_CASE("golden: the published loss of the RNN through the encoder") {
  check_course_loss_from_pictures("rnn", draw(10 * 3 * 112 * 112, 0));
}

TEST_CASE("golden: the published loss of the LSTM through the encoder") {
  check_course_loss_from_pictures("lstm", linspace(-3, 3, 10 * 3 * 112 * 112));
}
