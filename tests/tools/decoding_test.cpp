// dlcore_caption by beam search and by sampling: its lines, its file, and the same captions in every batch.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/models/data_fixture.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::istringstream stream(text);
  std::vector<std::string> parts;
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

/// A captioner of scenes, barely trained.
struct Trained {
  Trained() {
    require_success(run_program("prepare", {"scenes", "--out", data, "--count", "120"}));
    const std::string config = folder.file("config.yaml");
    write_file_atomically(
        config, "model:\n  wordvec_dim: 16\n  hidden_dim: 24\n  standardize: true\ndata:\n  root: " +
                    folder.path().string() +
                    "\n  file: scenes.h5\ntrain:\n  epochs: 2\n  batch: 50\n"
                    "optimizer:\n  learning_rate: 0.01\n");
    require_success(run_program("train", {config, "--out", folder.file("run"), "--device", "cpu"}));
  }
  static void require_success(const ProgramResult& result) {
    INFO(result.err);
    REQUIRE(result.code == 0);
    REQUIRE(result.err.empty());
  }
  /// The lines after the one about the device.
  std::vector<std::string> caption(std::vector<std::string> arguments) const {
    if (std::find(arguments.begin(), arguments.end(), "--limit") == arguments.end())
      arguments.insert(arguments.end(), {"--limit", "7"});
    arguments.insert(arguments.begin(),
                     {folder.file("run/model.safetensors"), "--features", data, "--device", "cpu"});
    const ProgramResult result = run_program("caption", arguments);
    require_success(result);
    std::vector<std::string> lines = split(result.out, '\n');
    lines.erase(lines.begin());
    return lines;
  }
  nlohmann::json results(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--out", folder.file("captions.json")});
    caption(arguments);
    return nlohmann::json::parse(read_file(folder.file("captions.json")));
  }

  TemporaryDirectory folder;
  std::string data = folder.file("scenes.h5");
};

}  // namespace

TEST_CASE("caption: beam search, sampling and log-probabilities from the command line") {
  const Trained with;
  const auto greedy = with.caption({});
  REQUIRE(greedy.size() == 7);
  CHECK(with.caption({"--beam", "1"}) == greedy);

  // One caption of an image is a line as ever, and COCO's format as ever.
  const auto beam = with.caption({"--beam", "4"});
  REQUIRE(beam.size() == 7);
  CHECK(split(beam[0], '\t').size() == 2);
  CHECK(with.results({"--beam", "4"})[0].size() == 2);

  const auto best = with.caption({"--beam", "5", "--n-best", "3", "--length-penalty", "0.7"});
  REQUIRE(best.size() == 21);
  const auto json = with.results({"--beam", "5", "--n-best", "3", "--length-penalty", "0.7"});
  REQUIRE(json.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) {
    const auto& captions = json[i].at("captions");
    REQUIRE(captions.size() == 3);
    CHECK(captions[0].at("caption") == json[i].at("caption"));
    std::set<std::string> texts;
    for (std::size_t n = 0; n < 3; ++n) {
      const auto parts = split(best[3 * i + n], '\t');
      REQUIRE(parts.size() == 3);
      CHECK(parts[0] == split(greedy[i], '\t')[0]);
      CHECK(captions[n].at("caption") == parts[1]);
      CHECK(captions[n].at("score").get<double>() == Approx(std::stod(parts[2])).margin(1e-4));
      CHECK_FALSE(captions[n].contains("words"));
      if (n > 0) CHECK(captions[n].at("score") <= captions[n - 1].at("score"));
      texts.insert(parts[1]);
    }
    CHECK(texts.size() == 3);
  }
  CHECK(with.caption({"--beam", "5", "--n-best", "3", "--length-penalty", "0.7", "--batch", "2"}) == best);

  // Greedily too: the words of a line with their log-probabilities, which add up to the score.
  const auto logs = with.caption({"--log-probs"});
  const auto with_logs = with.results({"--log-probs"});
  for (std::size_t i = 0; i < 7; ++i) {
    const auto parts = split(logs[i], '\t');
    REQUIRE(parts.size() == 4);
    CHECK(parts[0] + "\t" + parts[1] == greedy[i]);
    double total = 0;
    std::string text;
    for (const auto& word : split(parts[3], ' ')) {
      const auto colon = word.rfind(':');
      total += std::stod(word.substr(colon + 1));
      if (word.starts_with("<END>")) continue;
      if (!text.empty()) text += " ";
      text += word.substr(0, colon);
    }
    CHECK(text == parts[1]);
    CHECK(total == Approx(std::stod(parts[2])).margin(1e-3));
    const auto& caption = with_logs[i].at("captions").at(0);
    CHECK(caption.at("words").size() == caption.at("log_probabilities").size());
    CHECK(caption.at("words").size() == split(parts[3], ' ').size());
  }

  for (const auto& line : with.caption({"--min-length", "6", "--max-length", "6"}))
    CHECK(split(split(line, '\t')[1], ' ').size() == 6);
  for (const auto& line : with.caption({"--no-repeat-ngram", "1"})) {
    const auto words = split(split(line, '\t')[1], ' ');
    CHECK(std::set<std::string>(words.begin(), words.end()).size() == words.size());
  }
  CHECK(with.caption({"--beam", "4", "--groups", "4", "--diversity", "5", "--n-best", "4"}).size() == 28);
}

TEST_CASE("caption: a drawn caption depends on image and seed alone") {
  const Trained with;
  const std::vector<std::string> how{"--sample", "--top-p", "0.9", "--temperature", "0.8", "--n-best", "2"};
  const auto sample = [&](std::vector<std::string> more) {
    more.insert(more.begin(), how.begin(), how.end());
    return with.caption(more);
  };
  const auto all = sample({"--seed", "1"});
  REQUIRE(all.size() == 14);
  CHECK(all == sample({"--seed", "1"}));
  CHECK(all == sample({"--seed", "1", "--batch", "3"}));
  CHECK(all != sample({"--seed", "2"}));
  const auto first = sample({"--seed", "1", "--limit", "3"});
  REQUIRE(first.size() == 6);
  CHECK(std::equal(first.begin(), first.end(), all.begin()));
  CHECK(with.caption({"--sample", "--top-k", "1"}) == with.caption({}));
}

TEST_CASE("caption: the hypotheses that agree best with captions of similar training images") {
  const Trained with;
  const auto by_model = with.results({"--beam", "6", "--n-best", "6"});
  const auto by_neighbors = with.results({"--beam", "6", "--n-best", "6", "--neighbors", "5"});
  const auto first = with.caption({"--beam", "6", "--neighbors", "5"});
  REQUIRE(by_neighbors.size() == 7);
  const auto texts = [](const nlohmann::json& captions) {
    std::set<std::string> all;
    for (const auto& caption : captions) all.insert(caption.at("caption").get<std::string>());
    return all;
  };
  int others = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    const auto& captions = by_neighbors[i].at("captions");
    CHECK(texts(captions) == texts(by_model[i].at("captions")));
    CHECK(captions[0].at("caption") == by_neighbors[i].at("caption"));
    CHECK(split(first[i], '\t')[1] == by_neighbors[i].at("caption").get<std::string>());
    for (std::size_t n = 0; n < captions.size(); ++n) {
      const double score = captions[n].at("score");
      CHECK((score >= 0 && score <= 10));
      if (n > 0) CHECK(score <= captions[n - 1].at("score"));
    }
    others += by_neighbors[i].at("caption") != by_model[i].at("caption") ? 1 : 0;
  }
  CHECK(others > 0);
  CHECK(with.caption({"--beam", "6", "--neighbors", "5", "--batch", "2"}) == first);
  CHECK(with.caption({"--sample", "--n-best", "3", "--neighbors", "5"}).size() == 21);

  // The page shows what the model says by itself, too.
  const std::string page = with.folder.file("page.html");
  CHECK(with.caption({"--beam", "6", "--neighbors", "5", "--html", page}) == first);
  const std::string html = read_file(page);
  CHECK(html.find("beam 6, 5 neighbors") != std::string::npos);
  CHECK(html.find("greedy") != std::string::npos);

  // The run's configuration may be elsewhere, and may be another run's.
  std::filesystem::rename(with.folder.file("run/config.yaml"), with.folder.file("moved.yaml"));
  const auto refused = [&](std::vector<std::string> more, const std::vector<std::string>& parts) {
    more.insert(more.begin(), {with.folder.file("run/model.safetensors"), "--features", with.data});
    CHECK(not_refused("caption", run_program("caption", more), parts) == "");
  };
  refused({"--beam", "6", "--neighbors", "5"}, {"there is no ", "run/config.yaml", "--training-config"});
  const std::string moved = with.folder.file("moved.yaml");
  CHECK(with.caption({"--beam", "6", "--neighbors", "5", "--training-config", moved}) == first);
  refused({"--neighbors", "5"}, {"--neighbors chooses among captions", "--beam of 2 or more"});
  refused({"--sample", "--neighbors", "5"}, {"--neighbors chooses among captions"});
  refused({"--fixed-length", "--neighbors", "5"}, {"--neighbors does not go with --fixed-length"});
  refused({"--beam", "6", "--training-config", moved}, {"--training-config is for --neighbors"});
  const std::string other = with.folder.file("other.h5");
  TinyData().write(other);
  std::string config = read_file(moved);
  config.replace(config.find("scenes.h5"), 9, "other.h5");
  write_file_atomically(moved, config);
  refused({"--beam", "6", "--neighbors", "5", "--training-config", moved},
          {"was trained with another vocabulary", moved});
  std::filesystem::remove(other);
  refused({"--beam", "6", "--neighbors", "5", "--training-config", moved}, {"other.h5"});
}
