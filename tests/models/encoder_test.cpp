#include "models/encoder.h"

#include "core/cpu.h"
#include "io/safetensors.h"
#include "models/encoder_trunk.h"
#include "models/pictures.h"
#include "tests/models/formula_numbers.h"
#include "tests/models/small_encoder.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const Target& float_target() {
  for (const Target& target : targets())
    if (target.type == DType::float32) return target;
  throw Error("there is no float32 target");
}

}  // namespace

TEST_CASE("encoder: grids are flattened channels first, vectors are the means of their channels") {
  on_every_target_of(DType::float32, [](const Target& target) {
    Encoder grid(small_encoder("grid"), target.type, target.device());
    Encoder vector(small_encoder("vector"), target.type, target.device());
    CHECK(grid.feature_shape() == Shape({400, 2, 2}));
    CHECK(vector.feature_shape() == Shape({400}));
    grid.initialize(1);
    vector.initialize(1);
    const Context context{.stream = target.stream};
    const Tensor x = draw_pictures(target, 3);
    const auto whole = numbers(grid.forward(context, x));
    const auto means = numbers(vector.forward(context, x));
    REQUIRE(whole.size() == 3 * 1600);
    REQUIRE(means.size() == 3 * 400);
    std::vector<double> want;
    for (std::size_t i = 0; i < whole.size(); i += 4)
      want.push_back((whole[i] + whole[i + 1] + whole[i + 2] + whole[i + 3]) / 4);
    check_close(target, make(target, means), want, 1e-3);
  });
}

TEST_CASE("encoder: pools of several places are the means over their cells, channels first") {
  on_every_target_of(DType::float32, [](const Target& target) {
    EncoderConfig config = small_encoder("grid");
    config.level = "c2";  // a grid of 10x10
    Encoder grid(config, target.type, target.device());
    grid.initialize(1);
    const Context context{.stream = target.stream};
    const Tensor x = draw_pictures(target, 2);
    const auto whole = numbers(grid.forward(context, x));
    config.pool = "2x2";
    Encoder coarse(config, target.type, target.device());
    CHECK(coarse.feature_shape() == Shape({32, 2, 2}));
    coarse.initialize(1);
    std::vector<double> want;
    for (std::size_t channel = 0; channel < 2 * 32; ++channel)
      for (const std::size_t top : {0, 5})
        for (const std::size_t left : {0, 5}) {
          double sum = 0;
          for (std::size_t i = 0; i < 25; ++i) sum += whole[(channel * 10 + top + i / 5) * 10 + left + i % 5];
          want.push_back(sum / 25);
        }
    check_close(target, coarse.forward(context, x), want, 1e-3);
    for (const auto& [pool, side] : {std::pair{"3x3", 3}, std::pair{"4x4", 4}}) {
      config.pool = pool;
      CHECK(Encoder(config, target.type, target.device()).feature_shape() == Shape({32, side, side}));
    }
  });
}

TEST_CASE("encoder: levels end the trunk earlier, with the same weights as far as it goes") {
  const Target& target = float_target();
  const TemporaryDirectory directory;
  Encoder whole(small_encoder("grid"), target.type, target.device());
  whole.initialize(1);
  std::vector<NamedTensor> tensors;
  for (const auto& [name, parameter] : whole.parameters().entries())
    tensors.push_back({name, parameter->value});
  write_safetensors(directory.file("whole.safetensors"), tensors);
  const std::vector<std::pair<std::string, Shape>> levels{
      {"c2", {32, 10, 10}}, {"c3", {64, 5, 5}}, {"c4", {160, 3, 3}}, {"c5", {400, 2, 2}}};
  std::size_t fewer = 0;
  for (const auto& [level, shape] : levels) {
    EncoderConfig config = small_encoder("grid");
    config.level = level;
    Encoder encoder(config, target.type, target.device());
    CHECK(encoder.feature_shape() == shape);
    CHECK(encoder.parameters().entries().size() > fewer);
    fewer = encoder.parameters().entries().size();
    encoder.load(directory.file("whole.safetensors"));
    const Tensor features = encoder.forward({.stream = target.stream}, draw_pictures(target, 2));
    CHECK(features.shape() == Shape({2, shape.numel()}));
    if (level == "c5")
      check_close(target, features,
                  numbers(whole.forward({.stream = target.stream}, draw_pictures(target, 2))));
  }
  CHECK(fewer == whole.parameters().entries().size());
  EncoderConfig config = small_encoder("grid");
  config.level = "c6";
  CHECK(contains(error_of([&] { Encoder(config, target.type, target.device()); }),
                 "the level must be c2, c3, c4 or c5, not 'c6'"));
}

TEST_CASE("encoder: frozen on a CPU, pictures go through in threads of their own, however many there are") {
  const Target& target = float_target();
  Encoder encoder(small_encoder("grid"), target.type, target.device());
  encoder.initialize(1);
  const Context context{.stream = target.stream}, plain{.stream = Stream(CpuTarget::plain)};
  const int before = cpu_threads();
  for (const std::int64_t N : {1, 2, 3, 7, 8}) {
    const Tensor x = draw_pictures(target, N);
    encoder.thaw();
    const auto want = numbers(encoder.forward(context, x));
    double largest = 0;
    for (const double value : want) largest = std::max(largest, std::abs(value));
    encoder.freeze(target.stream);
    for (const int threads : {1, 2, 3}) {
      INFO(N << " pictures, " << threads << " threads");
      set_cpu_threads(threads);
      encoder.reserve(context, N);
      check_close(target, encoder.forward(context, x), want, largest, 66);
      check_close(target, encoder.forward(plain, x), want, largest, 66);
      const auto again = numbers(encoder.forward(context, x));
      CHECK(again == numbers(encoder.forward(context, x)));
      const std::string message = error_of([&] {
        encoder.forward(context, make_normal(target, {N, 8, 8, 4}, 1));
      });
      CHECK(contains(message, "ConvNorm"));
      check_close(target, encoder.forward(context, x), want, largest, 66);  // no harm was done
    }
    set_cpu_threads(before);
  }
}

TEST_CASE("encoder: frozen weights give the same features, until they are thawed") {
  on_every_target_of(DType::float32, [](const Target& target) {
    Encoder encoder(small_encoder("grid"), target.type, target.device());
    encoder.initialize(1);
    const Context context{.stream = target.stream};
    const Tensor x = draw_pictures(target, 2);
    const auto want = numbers(encoder.forward(context, x));
    double largest = 0;
    for (const double value : want) largest = std::max(largest, std::abs(value));
    encoder.freeze(target.stream);
    check_close(target, encoder.forward(context, x), want, largest, 66);
    Context training = context;
    training.training = true;
    CHECK(contains(error_of([&] { encoder.forward(training, x); }),
                   "layer ConvNorm: is frozen, and cannot be trained before it is thawed"));
    encoder.thaw();
    encoder.forward(training, x);
    encoder.backward(training, make_normal(target, {2, 1600}, 4));
  });
}

TEST_CASE("encoder: many pictures have the features that they have in smaller batches") {
  on_every_target_of(DType::float32, [](const Target& target) {
    EncoderConfig config = small_encoder("vector");
    config.image_size = 96;
    config.level = "c2";
    Encoder encoder(config, target.type, target.device());
    encoder.initialize(1);
    const Context context{.stream = target.stream};
    const std::int64_t N = 45, picture = 96 * 96 * 3;  // more than go through a CPU's caches together
    const Tensor x = make_normal(target, {N, 96, 96, 3}, 2);
    const auto together = numbers(encoder.forward(context, x));
    std::vector<double> apart;
    for (std::int64_t first = 0; first < N; first += 15)
      for (const double value : numbers(encoder.forward(context, x.slice(first * picture, {15, 96, 96, 3}))))
        apart.push_back(value);
    check_close(target, make(target, together), apart, 4);
  });
}

TEST_CASE("encoder: gradients from pictures to normalised features by finite differences") {
  on_every_target_of(DType::float64, [](const Target& target) {
    Encoder encoder(small_encoder("vector", true), target.type, target.device());
    initialize_smoothly(target, encoder);
    const Context context{.stream = target.stream, .training = true};
    const Tensor x = draw_pictures(target, 4);
    const Tensor weights = make_normal(target, {4, 400}, 5);
    const auto weight_numbers = numbers(weights);
    const Terms terms = [&] {
      std::vector<double> list;
      add_terms(list, encoder.forward(context, x), weight_numbers);
      return list;
    };
    encoder.parameters().gradients().zero(target.stream);
    terms();
    encoder.backward(context, weights);
    check_gradients(target, encoder_variables(encoder), terms, {.roundings = 256, .all_up_to = 2});
  });
}

TEST_CASE("encoder: weights from a file, with or without a classifier") {
  const Target& target = float_target();
  const TemporaryDirectory directory;
  Encoder first(small_encoder("grid"), target.type, target.device());
  first.initialize(7);
  std::vector<NamedTensor> tensors, of_model;
  for (const auto& [name, parameter] : first.parameters().entries()) {
    tensors.push_back({name, parameter->value});
    of_model.push_back({"encoder." + name, parameter->value});
  }
  tensors.push_back({"fc.weight", Tensor::zeros({5, 400}, DType::float32)});
  tensors.push_back({"stem.1.num_batches_tracked", Tensor::zeros({1}, DType::int64)});
  const std::string path = directory.file("weights.safetensors");
  for (const auto& list : {tensors, of_model}) {
    write_safetensors(path, list);
    Encoder second(small_encoder("grid"), target.type, target.device());
    second.initialize(8);
    CHECK(second.checksum() != first.checksum());
    second.load(path);
    CHECK(second.checksum() == first.checksum());
    // What normalises the features of one pool is of no use to another's.
    EncoderConfig pooled = small_encoder("2x2", true);
    Encoder third(pooled, target.type, target.device());
    third.initialize(8);
    third.load(path);
    tensors.push_back({"feature_norm.running_mean", Tensor::zeros({7}, DType::float32)});
    write_safetensors(path, tensors);
    third.load(path);
    tensors.pop_back();
  }
  tensors.erase(tensors.begin() + 5);
  write_safetensors(path, tensors);
  CHECK(contains(error_of([&] { first.load(path); }), path + ": has no tensor '"));
  tensors[0].tensor = Tensor::zeros({3}, DType::float32);
  write_safetensors(path, tensors);
  CHECK(contains(
      error_of([&] { first.load(path); }),
      "the encoder regnet_x_400mf needs 'stem.0.weight' to be [32, 3, 3, 3] of a floating-point type, "
      "not F32 [3]"));
}

TEST_CASE("encoder: what it is asked for must exist") {
  const auto make_with = [](EncoderConfig config) {
    return error_of([&] { Encoder(config, DType::float32, Device::cpu()); });
  };
  CHECK(contains(make_with({.name = "vgg"}), "there is no encoder 'vgg'"));
  CHECK(contains(error_of([] { register_encoder("regnet_x_400mf", encoder_trunk("regnet_y_400mf")); }),
                 "the encoder 'regnet_x_400mf' is there already"));
  CHECK(
      contains(make_with({.pool = "max"}), "the pool must be one of grid, vector, 2x2, 3x3, 4x4, not 'max'"));
  CHECK(contains(make_with({.image_size = 0}), "the size of the pictures must be positive, not 0"));
}

TEST_CASE("pixels are normalised as torchvision does") {
  const std::vector<std::uint8_t> pixels{0, 128, 255, 255, 0, 1};
  std::vector<float> output(6);
  normalize_pixels(pixels, output.data());
  const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(std::abs(output[i] - (pixels[i] / 255.0 - mean[i % 3]) / deviation[i % 3]) <= 1e-6);
}
