// The configuration of a run.
#include "models/config.h"

#include <filesystem>
#include <set>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

Config parse(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  return parse_config(yaml, "x.yaml", overrides);
}
std::string parse_error(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  return error_of([&] { parse(yaml, overrides); });
}

// A valid value of the key that is not its default.
std::string other_value(const ConfigKey& key) {
  if (key.name == "model.cell") return "rnn";
  if (key.name == "model.encoder") return "regnet_y_800mf";
  if (key.name == "model.level") return "c3";
  if (key.name == "model.pool") return "vector";
  if (key.name == "model.batch_norm") return "running";
  if (key.name == "data.validate_on") return "train";
  if (key.name == "train.precision") return "float64";
  if (key.name == "train.not_finite") return "skip";
  if (key.name == "optimizer.name") return "sgd";
  if (key.name == "optimizer.schedule") return "cosine";
  if (key.name == "train.best") return "cider";
  if (key.name == "train.sampling_schedule") return "exponential";
  if (key.name == "optimizer.rates") return "embed=0.25 score=2";
  if (key.type == "list of layers") return "[{layer: Linear, out: 3, inputs: [a, \"b, c\"]}]";
  if (key.type == "text") return "a \"b\": #c/{d}, e";
  if (key.type == "integer") return "170";
  if (key.type == "number") return "0.625";
  return key.initial == "true" ? "false" : "true";
}

}  // namespace

TEST_CASE("config: an empty file has all defaults") {
  const std::string defaults = dump_config(Config{});
  for (const std::string yaml : {"", "# nothing\n", "model:\n", "{}", "train: {}\n"})
    CHECK(dump_config(parse(yaml)) == defaults);
}

TEST_CASE("config: values are read where they belong") {
  const Config config = parse(
      "model: {cell: rnn, dropout: 0.5}\n"
      "data:\n  root: \"/some where\"\n  file: x.h5\n  train_limit: 50\n"
      "train:\n  shuffle: false\n  clip_norm: 1\n"
      "optimizer:\n  learning_rate: 1e-2\n",
      {"train.epochs=3", "train.epochs=4", "optimizer.learning_rate=0.25"});
  CHECK(config.model.cell == "rnn");
  CHECK(config.model.dropout == 0.5);
  CHECK(config.model.hidden_dim == 512);
  CHECK(config.data.root == "/some where");
  CHECK(config.data.train_limit == 50);
  CHECK_FALSE(config.train.shuffle);
  CHECK(config.train.clip_norm == 1);
  CHECK(config.train.epochs == 4);
  CHECK(config.optimizer.learning_rate == 0.25);
}

TEST_CASE("config: every key can be overridden, and the dump reads back to the same values") {
  const std::string defaults = dump_config(Config{});
  std::vector<std::string> all;
  for (const ConfigKey& key : config_keys()) {
    INFO(key.name);
    const std::string assignment = key.name + "=" + other_value(key);
    const std::string dump = dump_config(parse("", {assignment}));
    CHECK(dump != defaults);
    CHECK(dump_config(parse(dump)) == dump);
    all.push_back(assignment);
  }
  const std::string dump = dump_config(parse("", all));
  CHECK(dump_config(parse(dump)) == dump);
  CHECK(parse("", {"data.root=a: #b \"c\" \\d\té"}).data.root == "a: #b \"c\" \\d\té");
  CHECK(parse("", {"data.root="}).data.root.empty());
  CHECK(parse("", {"data.root=a=b"}).data.root == "a=b");
  const std::string third = "optimizer.learning_rate=0.1234567890123456";
  CHECK(parse(dump_config(parse("", {third}))).optimizer.learning_rate == 0.1234567890123456);
}

TEST_CASE("config: keys are unique, have a meaning, and stand in the documentation") {
  std::set<std::string> names;
  for (const ConfigKey& key : config_keys()) {
    CHECK(names.insert(key.name).second);
    CHECK(key.meaning.size() > 5);
    CHECK(config_table().find("| `" + key.name + "` |") != std::string::npos);
  }
  const std::string page = std::string(DLCORE_TEST_SOURCE) + "/docs/configuration.md";
  INFO("docs/configuration.md must contain this table:\n" << config_table());
  CHECK(read_file(page).find(config_table()) != std::string::npos);
}

TEST_CASE("config: every configuration that comes with dlcore is valid") {
  const std::string models = std::string(DLCORE_TEST_SOURCE) + "/models/";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(models)) {
    if (entry.path().extension() != ".yaml") continue;
    INFO(entry.path());
    CHECK(error_of([&] { load_config(entry.path().string(), {}); }) == "no error");
    ++count;
  }
  CHECK(count >= 4);
  for (const std::string name : {"captioning_lstm", "captioning_rnn", "overfit_lstm", "overfit_rnn"}) {
    const Config config = load_config(models + name + ".yaml", {});
    CHECK(config.model.cell == name.substr(name.find('_') + 1));
    CHECK(config.model.wordvec_dim == 256);
    CHECK(config.model.hidden_dim == 512);
    CHECK(config.train.out == "runs/" + name);
  }
}

TEST_CASE("config: unknown keys are listed with their lines and the valid ones") {
  CHECK(lacks(parse_error("model:\n  cel: rnn\n"), {"x.yaml", "unknown key 'model.cel' (line 2)",
                                                    "'model' has model.cell, model.initial_activation"}) ==
        "");
  CHECK(lacks(parse_error("model:\n  cel: rnn\ntrain:\n  epoch: 1\n  batch: 2\nmodle:\n  cell: rnn\n"),
              {"unknown keys", "'model.cel' (line 2)", "'train.epoch' (line 4)", "'modle' (line 6)"}) == "");
  CHECK(lacks(parse_error("cell: rnn\n"),
              {"unknown key 'cell' (line 1)", "the sections are model, data, train, optimizer"}) == "");
  CHECK(lacks(parse_error("", {"train.epoch=1"}),
              {"--set train.epoch=1", "unknown key 'train.epoch'", "train.epochs"}) == "");
  CHECK(lacks(parse_error("", {"epochs=1"}), {"unknown key 'epochs'", "the sections are"}) == "");
}

TEST_CASE("config: a key that is there twice is an error") {
  CHECK(lacks(parse_error("train:\n  batch: 2\n  epochs: 1\n  batch: 3\n"),
              {"x.yaml", "line 4", "'train.batch'", "twice", "line 2"}) == "");
  CHECK(lacks(parse_error("train:\n  batch: 2\nmodel:\n  cell: rnn\ntrain:\n  epochs: 1\n"),
              {"x.yaml", "line 5", "'train'", "twice", "line 1"}) == "");
}

TEST_CASE("config: values of the wrong type or outside their range") {
  CHECK(lacks(parse_error("train:\n  batch: many\n"),
              {"x.yaml: line 2", "'train.batch' must be an integer, not 'many'"}) == "");
  CHECK(lacks(parse_error("train:\n  batch: 2.5\n"), {"'train.batch' must be an integer, not '2.5'"}) == "");
  CHECK(lacks(parse_error("train:\n  batch: [1, 2]\n"), {"'train.batch' must be an integer, not a list"}) ==
        "");
  CHECK(lacks(parse_error("train:\n  batch:\n"), {"'train.batch' must be an integer, but it is empty"}) ==
        "");
  CHECK(lacks(parse_error("train:\n  shuffle: 1\n"), {"'train.shuffle' must be true or false, not '1'"}) ==
        "");
  CHECK(lacks(parse_error("model:\n  dropout: half\n"), {"'model.dropout' must be a number, not 'half'"}) ==
        "");
  CHECK(lacks(parse_error("model:\n  dropout: 1\n"), {"'model.dropout'", "[0, 1), not 1"}) == "");
  CHECK(lacks(parse_error("optimizer:\n  learning_rate: .nan\n"), {"'optimizer.learning_rate'", "not nan"}) ==
        "");
  CHECK(lacks(parse_error("optimizer:\n  learning_rate: -1\n"), {"at least 0, not -1"}) == "");
  CHECK(lacks(parse_error("model:\n  cell: gru\n"), {"'model.cell' must be one of lstm, rnn, not 'gru'"}) ==
        "");
  CHECK(lacks(parse_error("", {"train.precision=float16"}),
              {"--set train.precision=float16", "must be one of float32, float64, bfloat16"}) == "");
  for (const std::string key :
       {"model.wordvec_dim", "model.hidden_dim", "train.batch", "self_critical.batch"})
    for (const std::string value : {"0", "-5"})
      CHECK(lacks(parse_error("", {key + "=" + value}), {"'" + key + "' must be at least 1, not " + value}) ==
            "");
  CHECK(lacks(parse_error("", {"data.train_limit=-1"}), {"at least 0, not -1"}) == "");
  CHECK(lacks(parse_error("", {"data.image_size=31"}), {"'data.image_size' must be at least 32, not 31"}) ==
        "");
  CHECK(lacks(parse_error("", {"data.image_size=1025"}), {"at least 32 and at most 1024, not 1025"}) == "");
  CHECK(lacks(parse_error("", {"train.batch=99999999999999"}), {"at most"}) == "");
  CHECK(lacks(parse_error("", {"train.batch=99999999999999999999"}), {"'train.batch'", "integer"}) == "");
}

TEST_CASE("config: what is no configuration") {
  CHECK(lacks(parse_error("- a\n- b\n"), {"x.yaml", "map of sections"}) == "");
  CHECK(lacks(parse_error("model\n"), {"x.yaml", "map of sections"}) == "");
  CHECK(lacks(parse_error("model: rnn\n"), {"line 1", "'model' must be a section"}) == "");
  CHECK(lacks(parse_error("model: {cell: rnn\n"), {"x.yaml", "not valid YAML"}) == "");
  CHECK(lacks(parse_error("model:\n\tcell: rnn\n"), {"x.yaml: line 2", "not valid YAML"}) == "");
  CHECK(lacks(parse_error("? [a]\n: b\n"), {"name must be text"}) == "");
  CHECK(lacks(parse_error("", {"train.epochs"}), {"--set train.epochs", "KEY=VALUE"}) == "");
  CHECK(lacks(parse_error("", {"=3"}), {"--set =3", "KEY=VALUE"}) == "");
  const TemporaryDirectory folder;
  CHECK(lacks(error_of([&] { load_config(folder.file("none.yaml"), {}); }), {"none.yaml"}) == "");
  CHECK(lacks(error_of([&] { load_config(folder.path().string(), {}); }), {folder.path().string()}) == "");
}
