// Training that goes on from a model file.
#include "models/initial_weights.h"

#include "models/model_file.h"
#include "tests/devices.h"
#include "tests/error_message.h"
#include "tests/models/trainer_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("initial weights: training begins with those of the file") {
  Run first({"train.epochs=2", "model.standardize=true"});
  first.train();
  const std::string weights = "model.weights=" + first.out + "/model.safetensors";
  for (const std::string precision : {"float32", "bfloat16"}) {
    Run second({"model.standardize=true", "optimizer.learning_rate=0", "train.epochs=1", "train.seed=9",
                weights, "train.precision=" + precision});
    const CaptionModel model = load_model(first.out + "/model.safetensors", Device::cpu());
    const auto same = [&] {
      for (const auto& [name, parameter] : model.captioner->parameters().entries()) {
        INFO(name);
        const Tensor& got = second.task.captioner().parameters().find(name).value;
        CHECK(same_bits(got, parameter->value.to(got.dtype())));
      }
    };
    same();
    second.train();  // the optimiser's own copy begins with them, too
    same();
  }
}

TEST_CASE("initial weights: what does not fit is an error") {
  Run first({"train.epochs=1"});
  first.train();
  const std::string weights = "model.weights=" + first.out + "/model.safetensors";
  CHECK(lacks(error_of([&] {
                Run({weights, "model.hidden_dim=17"});
              }),
              {"model.weights", "model.safetensors", "project.weight", "[8, 16]", "[8, 17]"}) == "");
  CHECK(lacks(error_of([&] {
                Run({weights, "model.standardize=true"});
              }),
              {"has no 'standardize.mean'"}) == "");
  CHECK(lacks(error_of([&] { Run({"model.weights=/no/model.safetensors"}); }), {"/no/model.safetensors"}) ==
        "");
  Run other;
  std::vector<std::string> words = other.data.vocabulary().words();
  words.back() = "black";
  CHECK(lacks(error_of([&] {
                load_initial_weights(first.out + "/model.safetensors", Vocabulary(words),
                                     other.task.captioner(), nullptr);
              }),
              {"vocabulary", "white", "black"}) == "");
}
