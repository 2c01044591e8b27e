// Every optimiser, step by step, against PyTorch: golden/optimizers.safetensors.
#include <nlohmann/json.hpp>

#include "io/safetensors.h"
#include "models/optimizer.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const SafetensorsReader& dump() {
  static const SafetensorsReader reader(DLCORE_TEST_GOLDEN "/optimizers.safetensors");
  return reader;
}

// Absolute; golden/README.md.
void check_stored(const Target& target, const Tensor& got, const std::vector<double>& want) {
  const std::vector<double> values = numbers(got);
  REQUIRE(values.size() == want.size());
  double worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) worst = std::max(worst, std::abs(values[i] - want[i]));
  CHECK(worst <= (target.type == DType::float64 ? 1e-14 : 1e-6));
}

struct Parameters {
  explicit Parameters(const Target& target) {
    list.push_back({.name = "p", .shape = {37}});
    set.add("", list);
    set.allocate(target.type, target.device());
  }
  std::vector<Parameter> list;
  ParameterSet set;
};

template <class F>
void in_double_and_single(F f) {
  on_every_target_of(DType::float64, f);
  on_every_target_of(DType::float32, f);
}

OptimizerConfig config_of(const std::string& name, const nlohmann::json& settings) {
  OptimizerConfig config;
  config.name = name.substr(0, name.find('_'));
  config.learning_rate = settings.at("lr");
  config.weight_decay = settings.value("weight_decay", 0.0);
  if (settings.contains("betas")) {
    config.beta1 = settings.at("betas")[0];
    config.beta2 = settings.at("betas")[1];
    config.epsilon = settings.at("eps");
  }
  config.momentum = settings.value("momentum", 0.0);
  config.dampening = settings.value("dampening", 0.0);
  config.nesterov = settings.value("nesterov", false);
  return config;
}

}  // namespace

TEST_CASE("PyTorch: eight steps of every optimiser") {
  const std::vector<double> gradients = numbers(dump().read("gradients"));
  for (const std::string name : {"sgd", "sgd_momentum", "sgd_nesterov", "sgd_momentum_decay", "adam",
                                 "adam_decay", "adamw", "adamw_betas"}) {
    const OptimizerConfig config = config_of(name, nlohmann::json::parse(dump().metadata(name)));
    const std::vector<double> want = numbers(dump().read(name));
    in_double_and_single([&](const Target& target) {
      INFO(name);
      Parameters parameters(target);
      const Parameter& p = parameters.list[0];
      copy(target.stream, dump().read("initial").to(target.type).to(target.device()), p.value);
      const auto optimizer = make_optimizer(config, parameters.set);
      for (std::ptrdiff_t k = 0; k < 8; ++k) {
        const auto row = [k](const std::vector<double>& rows) {
          return std::vector<double>(rows.begin() + 37 * k, rows.begin() + 37 * (k + 1));
        };
        copy(target.stream, make(target, row(gradients)), p.gradient);
        optimizer->step(target.stream, config.learning_rate);
        check_stored(target, p.value, row(want));
        for (const double value : numbers(p.gradient)) REQUIRE(value == 0);
      }
    });
  }
}

TEST_CASE("PyTorch: clipping of the gradient's norm") {
  const std::vector<double> gradient = numbers(dump().read("clip.gradient"));
  in_double_and_single([&](const Target& target) {
    Parameters parameters(target);
    const Parameter& p = parameters.list[0];
    GradientNorm norm(target.device());
    copy(target.stream, make(target, gradient), p.gradient);
    check_stored(target, norm.clip(target.stream, parameters.set.gradients()), {1});
    for (const std::string name : {"below", "equal", "above"}) {
      INFO(name);
      const double max_norm = numbers(dump().read("clip." + name + ".max_norm"))[0];
      // A plain step of size 1 from zero shows what the scaled gradient is.
      p.value.zero(target.stream);
      copy(target.stream, make(target, gradient), p.gradient);
      const Tensor& scale = norm.clip(target.stream, parameters.set.gradients(), max_norm);
      check_stored(target, Tensor::from(std::vector<double>{norm.value()}, {1}),
                   numbers(dump().read("clip.norm")));
      make_optimizer({.name = "sgd", .weight_decay = 0}, parameters.set)->step(target.stream, -1, scale);
      check_stored(target, p.value, numbers(dump().read("clip." + name + ".gradient")));
    }
  });
}

TEST_CASE("optimisers: what is refused, and the state that a run needs") {
  for (const Target& target : targets()) {
    Parameters parameters(target);
    const auto names_of = [&](const OptimizerConfig& config) {
      std::string names;
      for (const auto& [name, tensor] : make_optimizer(config, parameters.set)->state()) names += name + " ";
      return names;
    };
    const std::string exact = target.type == DType::bfloat16 ? "exact " : "";
    CHECK(names_of({.name = "sgd"}) == exact);
    CHECK(names_of({.name = "sgd", .momentum = 0.9}) == exact + "velocity ");
    CHECK(names_of({.name = "adamw"}) == exact + "mean square ");
    const std::string unknown = error_of([&] { make_optimizer({.name = "lion"}, parameters.set); });
    CHECK(contains(unknown, "'lion'"));
    CHECK(contains(unknown, "adam, adamw, sgd"));
    CHECK(contains(error_of([&] { make_optimizer({.name = "sgd", .nesterov = true}, parameters.set); }),
                   "nesterov needs a momentum"));
  }
}

TEST_CASE("the gradient norm of several buffers is that of one with all their elements") {
  on_every_target([](const Target& target) {
    const Tensor whole = make_normal(target, {1000}, 1);
    const std::vector<Tensor> pieces{whole.slice(0, {17}), whole.slice(17, {900}), whole.slice(917, {83})};
    GradientNorm norm(target.device());
    const double want = numbers(norm.clip(target.stream, whole, 2))[0];
    const double length = norm.value();
    CHECK(std::abs(numbers(norm.clip(target.stream, pieces, 2))[0] / want - 1) <= 1e-12);
    CHECK(std::abs(norm.value() / length - 1) <= 1e-12);
  });
}
