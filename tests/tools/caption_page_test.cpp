// dlcore_caption --html: the page has what the lines say, and photos, references and probabilities besides.
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "io/atomic_file.h"
#include "io/image_set.h"
#include "tests/catch.h"
#include "tests/html_pages.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

namespace fs = std::filesystem;

ProgramResult succeeds(const ProgramResult& result) {
  INFO(result.err);
  REQUIRE(result.code == 0);
  REQUIRE(result.err.empty());
  return result;
}

/// A captioner of scenes, barely trained: from their thumbnails, or from pictures with an encoder.
struct Trained {
  TemporaryDirectory folder;
  std::string model = folder.file("run/model.safetensors"), page = folder.file("gallery.html");

  void train(const std::string& configuration) const {
    write_file_atomically(folder.file("config.yaml"), configuration);
    succeeds(run_program("train", {folder.file("config.yaml"), "--out", folder.file("run"), "--device", "cpu",
                                   "--quiet", "--set", "data.root=" + folder.path().string()}));
  }
  /// The lines after the one about the device.
  std::vector<std::string> caption(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {model, "--device", "cpu"});
    std::istringstream out(succeeds(run_program("caption", arguments)).out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(out, line);) lines.push_back(line);
    lines.erase(lines.begin());
    return lines;
  }
  nlohmann::json images() const { return page_data(read_file(page)).at("gallery").at("images"); }
  void refused(std::vector<std::string> arguments, const std::string& part) const {
    arguments.insert(arguments.begin(), {model, "--device", "cpu"});
    fs::remove(page);
    CHECK(not_refused("caption", run_program("caption", arguments), {part}) == "");
    CHECK_FALSE(fs::exists(page));
  }
};

std::string text_of(const nlohmann::json& caption) {
  std::string text;
  for (const auto& word : caption.at("words"))
    if (word.get<std::string>() != "<END>")
      text += fmt::format("{}{}", text.empty() ? "" : " ", word.get<std::string>());
  return text;
}

std::vector<std::string> ways_of(const nlohmann::json& image) {
  std::vector<std::string> ways;
  for (const auto& caption : image.at("captions")) ways.push_back(caption.at("how").get<std::string>());
  return ways;
}

}  // namespace

TEST_CASE("caption --html: features of a data file, with its references and pictures") {
  const Trained trained;
  const std::string data = trained.folder.file("scenes.h5");
  succeeds(run_program("prepare", {"scenes", "--out", data, "--count", "200"}));
  trained.train(
      "model:\n  wordvec_dim: 16\n  hidden_dim: 24\ndata:\n  file: scenes.h5\n"
      "train:\n  epochs: 2\n  batch: 50\n");
  const std::vector<std::string> some{"--features", data, "--limit", "7"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), some.begin(), some.end());
    return more;
  };
  const auto lines = trained.caption(some);
  CHECK(trained.caption(with({"--html", trained.page})) == lines);
  const std::string page = read_file(trained.page);
  CHECK(outside_resources(page) == "");
  const auto images = trained.images();
  REQUIRE(images.size() == 7);
  double last = -1;
  std::set<std::size_t> places;
  for (const auto& image : images) {
    const auto place = image.at("place").get<std::size_t>();
    places.insert(place);
    CHECK(image.at("photo").get<std::string>().starts_with("data:image/png;base64,"));
    CHECK(image.at("references").size() == 5);
    CHECK(image.at("score").get<double>() >= last);
    last = image.at("score").get<double>();
    CHECK(ways_of(image) == std::vector<std::string>{"greedy", "beam 3"});
    CHECK(image.at("name").get<std::string>() + "\t" + text_of(image.at("captions").at(0)) == lines[place]);
    for (const auto& caption : image.at("captions"))
      CHECK(caption.at("words").size() == caption.at("log_probabilities").size());
  }
  CHECK(places.size() == 7);

  // The captions of --annotations come before the file's own.
  nlohmann::json annotations{{"images", nlohmann::json::array()}, {"annotations", nlohmann::json::array()}};
  for (std::size_t i = 0; i < 7; ++i) {
    annotations["images"].push_back({{"id", 70 + i}, {"file_name", lines[i].substr(0, lines[i].find('\t'))}});
    if (i < 2)
      annotations["annotations"].push_back({{"image_id", 70 + i}, {"id", i}, {"caption", "A hand's work."}});
  }
  write_file_atomically(trained.folder.file("own.json"), annotations.dump());
  CHECK(trained.caption(with({"--html", trained.page, "--annotations", trained.folder.file("own.json")})) ==
        lines);
  int written = 0;
  for (const auto& image : trained.images()) {
    const bool has = image.at("place").get<std::size_t>() < 2;
    CHECK(image.at("references") == (has ? nlohmann::json{"A hand's work."} : nlohmann::json::array()));
    CHECK(image.contains("score") == has);
    written += has ? 1 : 0;
  }
  CHECK(written == 2);

  // What was asked for is beside the greedy caption.
  const auto best = trained.caption(with({"--beam", "4", "--n-best", "2"}));
  CHECK(trained.caption(with({"--beam", "4", "--n-best", "2", "--html", trained.page})) == best);
  for (const auto& image : trained.images()) {
    CHECK(ways_of(image) == std::vector<std::string>{"greedy", "beam 4, no. 1", "beam 4, no. 2"});
    const auto place = image.at("place").get<std::size_t>();
    const std::string line = image.at("name").get<std::string>() + "\t" + text_of(image.at("captions").at(2));
    CHECK(best[2 * place + 1].starts_with(line + "\t"));
    CHECK(image.at("name").get<std::string>() + "\t" + text_of(image.at("captions").at(0)) == lines[place]);
  }
  const auto drawn = trained.caption(with({"--sample", "--seed", "3"}));
  CHECK(trained.caption(with({"--sample", "--seed", "3", "--html", trained.page})) == drawn);
  CHECK(ways_of(trained.images().at(0)) == std::vector<std::string>{"greedy", "sample"});

  trained.refused(with({"--html", trained.page, "--fixed-length"}), "does not go with --fixed-length");
  trained.refused(with({"--photo-folder", "x"}), "--photo-folder is for --html with --features");
  trained.refused(with({"--html", trained.page, "--photo-folder", trained.folder.file("none")}),
                  "the folder of photos " + trained.folder.file("none") + " is not there");
  trained.refused(with({"--html", trained.folder.file("none/gallery.html")}), "none/gallery.html");
}

TEST_CASE("caption --html: photos, with and without references") {
  const Trained trained;
  const std::string photos = trained.folder.file("scenes/val");
  succeeds(run_program("prepare",
                       {"scenes", "--out", trained.folder.file("scenes"), "--count", "60", "--size", "72"}));
  trained.train(
      "model:\n  wordvec_dim: 16\n  hidden_dim: 24\n  encoder: regnet_x_400mf\n  level: c2\n  pool: vector\n"
      "data:\n  annotations: scenes/train.json\n  images: scenes/train\n  val_annotations: scenes/val.json\n"
      "  val_images: scenes/val\n  file: data.h5\n  image_size: 32\ntrain:\n  epochs: 1\n  batch: 20\n");
  // The report has the photos themselves, not the small pictures that were trained on.
  const auto report = page_data(read_file(trained.folder.file("run/report.html")));
  REQUIRE(report.at("gallery").at("images").size() == 6);
  for (const auto& image : report.at("gallery").at("images"))
    CHECK(image.at("photo").get<std::string>().starts_with("data:image/jpeg;base64,"));

  const auto lines = trained.caption({photos, "--html", trained.page});
  REQUIRE(lines.size() == 6);
  for (const auto& image : trained.images()) {
    CHECK(image.at("photo").get<std::string>().starts_with("data:image/jpeg;base64,"));
    CHECK(image.at("references").empty());
    CHECK_FALSE(image.contains("score"));
    CHECK(image.at("name").get<std::string>() + "\t" + text_of(image.at("captions").at(0)) ==
          lines[image.at("place").get<std::size_t>()]);
  }
  trained.caption({photos, "--html", trained.page, "--annotations", trained.folder.file("scenes/val.json")});
  const auto images = trained.images();
  double last = -1;
  for (const auto& image : images) {
    CHECK(image.at("references").size() == 5);
    CHECK(image.at("score").get<double>() >= last);
    last = image.at("score").get<double>();
  }
}
