// Which keys may change where a run goes on.
#include "models/same_run.h"

#include "tests/catch.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

Config config(const std::vector<std::string>& changes) {
  return parse_config("", "test", changes);
}

std::string refusal(const std::vector<std::string>& then, const std::vector<std::string>& now,
                    const TrainingProgress& progress = {}) {
  RunIdentity identity;
  for (const auto& [key, value] : config_values(config(then))) identity.config[key.name] = value;
  return error_of([&] { require_same_run(identity, progress, config(now)); });
}

}  // namespace

TEST_CASE("same run: keys that change the result are refused by name, all of them") {
  CHECK(refusal({}, {}) == "no error");
  CHECK(lacks(refusal({}, {"train.batch=3", "model.dropout=0.5"}),
              {"train.batch was 250 and is now 3", "model.dropout was 0 and is now 0.5", "model.weights"}) ==
        "");
  // Each key is either known to be harmless or refused.
  for (const ConfigKey& key : config_keys()) {
    if (key.type != "integer" || key.name.starts_with("data.") || key.name.ends_with(".epochs")) continue;
    const std::string value = key.name == "train.gallery_images" ? "5" : "17";
    INFO(key.name);
    const bool harmless = key.name == "train.patience" || key.name == "train.checkpoint_every" ||
                          key.name.starts_with("train.gallery");
    CHECK((refusal({}, {key.name + "=" + value}) == "no error") == harmless);
  }
}

TEST_CASE("same run: keys that change no result") {
  CHECK(refusal({}, {"train.out=elsewhere", "train.report=false", "train.tensorboard=false",
                     "data.root=other", "data.file=moved.h5", "data.cache_mib=1", "train.not_finite=skip",
                     "train.patience=4", "train.checkpoint_every=7", "train.gallery_images=0"}) ==
        "no error");
}

TEST_CASE("same run: the number of epochs may change where only the end depends on it") {
  CHECK(refusal({"train.epochs=5"}, {"train.epochs=9"}) == "no error");
  CHECK(lacks(refusal({"train.epochs=5", "optimizer.schedule=cosine"},
                      {"train.epochs=9", "optimizer.schedule=cosine"}),
              {"train.epochs was 5 and is now 9", "cosine"}) == "");
  CHECK(lacks(refusal({"train.scheduled_sampling=0.2"}, {"train.epochs=9", "train.scheduled_sampling=0.2"}),
              {"train.epochs", "scheduled sampling"}) == "");
  TrainingProgress later;
  later.part = 1;
  CHECK(lacks(refusal({}, {"train.epochs=11"}, later), {"train.epochs", "these epochs are over"}) == "");
  CHECK(refusal({"self_critical.epochs=2"}, {"self_critical.epochs=3"}, later) == "no error");
  CHECK(lacks(refusal({}, {"self_critical.epochs=3"}), {"self_critical.epochs was 0 and is now 3"}) == "");
}
