// Losses and gradients that are not finite: named, and ended, left out or gone back from.
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "kernels/elementwise.h"
#include "tests/devices.h"
#include "tests/models/trainer_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// A run in whose step `bad` (from 1) one element of a gradient is what it should not be: the observer adds it
// between the steps, where gradients are zero.
struct Spoiled {
  Spoiled(const std::string& policy, std::vector<std::int64_t> bad, double with = std::nan(""),
          const std::vector<std::string>& more = {})
      : run([&] {
          std::vector<std::string> changes{"train.not_finite=" + policy, "train.epochs=2"};
          changes.insert(changes.end(), more.begin(), more.end());
          return changes;
        }()),
        bad_steps(std::move(bad)),
        value(with) {}

  Trainer::End train() {
    RunDirectory directory(run.out, false);
    const auto spoil = [&](std::int64_t next) {
      const auto found = std::find(bad_steps.begin(), bad_steps.end(), next);
      if (found == bad_steps.end()) return;
      if (once) bad_steps.erase(found);
      Parameter& parameter = run.task.captioner().parameters().find("cell.Wx");
      kernels::fill(Stream(), parameter.gradient.slice(3, {1}), value, 1);
    };
    spoil(1);
    return run.trainer.run(directory,
                           {.step =
                                [&](const Trainer::Step& step) {
                                  run.steps.push_back(step);
                                  spoil(step.step + 1);
                                },
                            .epoch = [&](const EpochMetrics& m, bool) { run.epochs.push_back(m); },
                            .stop = {},
                            .warning = [&](const std::string& text) { warnings.push_back(text); }});
  }
  nlohmann::json report(std::int64_t step) const {
    return nlohmann::json::parse(read_file(run.out + "/not_finite_" + std::to_string(step) + ".json"));
  }

  Run run;
  std::vector<std::int64_t> bad_steps;
  double value;
  bool once = false;
  std::vector<std::string> warnings;
};

}  // namespace

TEST_CASE("not finite: a gradient ends the run, which names step and parameter and saves the captions") {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Spoiled spoiled("stop", {7}, value, {"train.clip_norm=0"});
    CHECK(lacks(error_of([&] { spoiled.train(); }),
                {"training stopped", "the gradient of step 7 (epoch 2) is not finite, that of cell.Wx",
                 "not_finite_7.json", "learning rate"}) == "");
    CHECK(spoiled.run.steps.size() == 6);
    const nlohmann::json report = spoiled.report(7);
    CHECK(report.at("step").get<int>() == 7);
    CHECK(std::isfinite(report.at("loss").get<double>()));
    CHECK(report.at("gradients").size() == 1);
    CHECK(report.at("gradients")[0].at("parameter").get<std::string>() == "cell.Wx");
    CHECK(report.at("gradients")[0].at("not_finite").get<int>() == 1);
    REQUIRE(report.at("captions").size() == 10);
    const std::string caption = report.at("captions")[0].at("caption").get<std::string>();
    CHECK((caption.starts_with("a ") || caption.starts_with("the ")));
    CHECK(report.at("captions")[0].at("image").get<std::string>().starts_with("image_1"));
    // The update was left out: all weights are finite, as those of the checkpoint are.
    for (const double weight : spoiled.run.task.captioner().parameters().values().to_vector<double>())
      REQUIRE(std::isfinite(weight));
    CHECK(checkpoint_files(spoiled.run.out).size() == 1);
    CHECK(error_of([&] { newest_checkpoint(spoiled.run.out, {}); }) == "no error");
  }
}

TEST_CASE("not finite: skip leaves out the step's update and nothing else") {
  Spoiled spoiled("skip", {3}, std::nan(""), {"optimizer.name=sgd", "optimizer.weight_decay=0"});
  std::vector<double> before, after;
  const auto weights = [&] { return spoiled.run.task.captioner().parameters().values().to_vector<double>(); };
  RunDirectory directory(spoiled.run.out, false);
  std::vector<std::int64_t> seen;
  spoiled.run.trainer.run(
      directory, {.step =
                      [&](const Trainer::Step& step) {
                        seen.push_back(step.step);
                        if (step.step != 2) return;
                        before = weights();
                        kernels::fill(Stream(),
                                      spoiled.run.task.captioner().parameters().find("score.bias").gradient,
                                      std::nan(""), 12);
                      },
                  .epoch = [&](const EpochMetrics& m, bool) { spoiled.run.epochs.push_back(m); },
                  .stop =
                      [&] {
                        if (seen.back() == 2 && after.empty() && spoiled.warnings.size() == 1)
                          after = weights();
                        return false;
                      },
                  .warning = [&](const std::string& text) { spoiled.warnings.push_back(text); }});
  REQUIRE(spoiled.warnings.size() == 1);
  CHECK(lacks(spoiled.warnings[0], {"step 3", "score.bias", "left out"}) == "");
  CHECK(before == after);
  CHECK(seen == std::vector<std::int64_t>{1, 2, 4, 5, 6, 7, 8, 9, 10});
  CHECK(std::isfinite(spoiled.run.epochs[0].train_loss));
  CHECK(spoiled.run.epochs[1].val_loss < spoiled.run.epochs[0].val_loss);
}

TEST_CASE("not finite: skip gives up where every step is bad") {
  Run run({"train.not_finite=skip", "optimizer.learning_rate=1e30", "train.batch=2"});
  std::string message = error_of([&] { run.train(); });
  CHECK(lacks(message, {"training stopped", "not a number", "20 steps before it were left out"}) == "");
}

TEST_CASE("not finite: rollback goes on from the last checkpoint with half the rates") {
  Spoiled spoiled("rollback", {8}, std::nan(""), {"train.checkpoint_every=3"});
  spoiled.once = true;
  CHECK(spoiled.train() == Trainer::End::finished);
  REQUIRE(spoiled.warnings.size() == 1);
  CHECK(lacks(spoiled.warnings[0], {"step 8 (epoch 2)", "cell.Wx", "back to step 6", "0.5"}) == "");
  REQUIRE(spoiled.run.epochs.size() == 2);
  CHECK(spoiled.run.epochs[0].learning_rate == 0.02);
  CHECK(spoiled.run.epochs[1].learning_rate == 0.01);
  std::vector<std::int64_t> steps;
  for (const auto& step : spoiled.run.steps) steps.push_back(step.step);
  CHECK(steps == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10});
  // The bad step cost nothing but the rate: up to there it is the run without it.
  Run plain({"train.epochs=2"});
  plain.train();
  for (std::size_t i = 0; i < 7; ++i) CHECK(spoiled.run.steps[i].loss == plain.steps[i].loss);
  CHECK(spoiled.run.steps[7].loss == plain.steps[6].loss);
  CHECK(spoiled.run.steps[8].loss != plain.steps[7].loss);
}

TEST_CASE("not finite: rollback before the first epoch is over, and where it does not help") {
  Spoiled first("rollback", {2});
  first.once = true;
  CHECK(first.train() == Trainer::End::finished);
  CHECK(lacks(first.warnings.at(0), {"back to step 0"}) == "");
  Spoiled always("rollback", {4});
  CHECK(lacks(error_of([&] { always.train(); }), {"training stopped", "step 4", "going back 8 times"}) == "");
}

TEST_CASE("not finite: self-critical steps too, with the captions that were drawn") {
  Spoiled spoiled("stop", {12}, std::nan(""),
                  {"train.caption_images=8", "train.best=cider", "self_critical.epochs=1",
                   "self_critical.batch=6", "self_critical.samples=3"});
  CHECK(lacks(error_of([&] { spoiled.train(); }), {"training stopped", "step 12 (epoch 3)", "cell.Wx"}) ==
        "");
  const nlohmann::json report = spoiled.report(12);
  REQUIRE(report.at("captions").size() == 18);
  std::size_t with_words = 0;
  for (const auto& one : report.at("captions"))
    with_words += one.at("caption").get<std::string>().empty() ? 0 : 1;
  CHECK(with_words > 9);
}

TEST_CASE("not finite: an optimiser's step with such gradients changes nothing") {
  on_every_target([](const Target& target) {
    for (const OptimizerConfig& config :
         {OptimizerConfig{.name = "sgd"}, OptimizerConfig{.name = "sgd", .momentum = 0.9},
          OptimizerConfig{.name = "adam"}, OptimizerConfig{.name = "adamw"}})
      for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()})
        for (const double clip : {1.0, std::numeric_limits<double>::infinity()}) {
          INFO(config.name << ", momentum " << config.momentum << ", " << bad << ", " << clip);
          std::vector<Parameter> list{{.name = "w", .shape = {257}, .initial_deviation = 1}};
          ParameterSet parameters;
          parameters.add("", list);
          parameters.allocate(target.type, target.device());
          Random random(1);
          parameters.initialize(random);
          const auto optimizer = make_optimizer(config, parameters);
          GradientNorm norm(target.device());
          const auto step = [&] {
            optimizer->step(target.stream, 0.1, norm.clip(target.stream, parameters.gradients(), clip));
          };
          const auto everything = [&] {
            std::vector<std::vector<double>> all{parameters.values().to_vector<double>()};
            for (const auto& [name, tensor] : optimizer->state()) all.push_back(tensor.to_vector<double>());
            return all;
          };
          kernels::fill(target.stream, list[0].gradient, 0.5, 257);
          step();  // an ordinary one
          CHECK(norm.value() > 7);
          kernels::fill(target.stream, list[0].gradient, 0.5, 257);
          kernels::fill(target.stream, list[0].gradient.slice(200, {1}), bad, 1);
          const auto before = everything();
          step();
          CHECK(everything() == before);
          CHECK_FALSE(std::isfinite(norm.value()));
          CHECK(gradients_not_finite(parameters, "").at(0).not_finite == 1);
          parameters.gradients().zero(target.stream);
          kernels::fill(target.stream, list[0].gradient, 0.5, 257);
          step();
          CHECK(everything() != before);
        }
  });
}
