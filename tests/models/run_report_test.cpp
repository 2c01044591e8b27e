// What a training run tells people: report.html and the events for TensorBoard.
#include "models/run_report.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "io/atomic_file.h"
#include "io/data_file.h"
#include "io/image_write.h"
#include "models/caption_task.h"
#include "models/trainer.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/html_pages.h"
#include "tests/io/event_reader.h"
#include "tests/models/data_fixture.h"
#include "tests/models/relative_error.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Run {
  explicit Run(const std::vector<std::string>& changes = {}) {
    std::vector<std::string> overrides{
        "data.root=",     "data.file=" + file.path, "model.wordvec_dim=12", "model.hidden_dim=16",
        "train.epochs=3", "train.batch=10",         "train.seed=1",         "optimizer.learning_rate=0.02"};
    overrides.insert(overrides.end(), changes.begin(), changes.end());
    config = parse_config("", "test", overrides);
  }

  /// `validated` hears of each epoch when its files are written.
  void train(const std::function<void(const EpochMetrics&)>& validated = {}) {
    const CaptionData data = open_data(config);
    CaptionTask task(config, data, Device::cpu());
    Trainer trainer(config, task);
    RunDirectory directory(out, true);
    trainer.run(directory, {.step = {}, .epoch = [&](const EpochMetrics& m, bool) {
                              epochs.push_back(m);
                              if (validated) validated(m);
                            }});
  }
  std::string page() const { return read_file(out + "/report.html"); }
  std::vector<ReadEvent> events() const { return read_events(event_file_in(out)); }

  TinyDataFile file;
  Config config;
  std::string out = file.folder.file("run");
  std::vector<EpochMetrics> epochs;
};

EpochMetrics with_gap(double gap) {
  EpochMetrics metrics{.epoch = 1, .val_loss = 5, .val_loss_shuffled = 5 + gap};
  return metrics;
}

}  // namespace

TEST_CASE("report: the page is written anew at each validation, with all figures so far") {
  Run run({"train.caption_images=6", "train.clip_norm=5"});
  run.train([&](const EpochMetrics& m) {
    const std::string page = run.page();
    CHECK(outside_resources(page) == "");
    const auto data = page_data(page);
    CHECK(data.at("rows").size() == static_cast<std::size_t>(m.epoch));
    const auto columns = metric_columns(m);
    REQUIRE(data.at("columns").size() == columns.size());
    for (std::size_t k = 0; k < columns.size(); ++k) {
      CHECK(data.at("columns").at(k).get<std::string>() == columns[k].name);
      CHECK(data.at("rows").back().at(k).get<double>() == columns[k].value);
    }
    CHECK(data.at("steps").at("rows").size() == static_cast<std::size_t>(m.step));
  });
  REQUIRE(run.epochs.size() == 3);
  const auto data = page_data(run.page());
  CHECK(data.at("title").get<std::string>() == "run");
  CHECK(data.at("epochs").get<int>() == 3);
  CHECK(data.at("best").at("figure").get<std::string>() == "loss");
  double best = std::numeric_limits<double>::infinity();
  std::int64_t best_epoch = 0;
  for (const auto& m : run.epochs)
    if (m.val_loss < best) {
      best = m.val_loss;
      best_epoch = m.epoch;
    }
  CHECK(data.at("best").at("epoch").get<std::int64_t>() == best_epoch);
  CHECK(data.at("alarm").at("text").get<std::string>() == image_sentence(run.epochs.back()));
  int changed = 0;
  for (const auto& entry : data.at("configuration")) {
    if (entry.at("key").get<std::string>() == "train.epochs")
      CHECK(entry.at("value").get<std::string>() == "3");
    changed += entry.at("changed").get<bool>();
  }
  CHECK(changed == 10);
  // Readers without JavaScript have the figures too.
  CHECK(run.page().find("<td>" + metric_columns(run.epochs[0])[3].text + "</td>") != std::string::npos);
}

TEST_CASE("report: self-critical epochs are some of the run's") {
  Run run({"train.epochs=1", "train.caption_images=6", "train.best=cider", "self_critical.epochs=2"});
  run.train();
  CHECK(page_data(run.page()).at("epochs").get<int>() == 3);
}

TEST_CASE("report: the gallery has greedy and beam captions with probabilities, references and photos") {
  Run run({"train.gallery_images=5", "train.gallery_beam=2", "train.epochs=12", "model.standardize=true",
           "train.clip_norm=5"});
  const std::string photos = run.file.folder.file("photos");
  std::filesystem::create_directory(photos);
  write_png(photos + "/image_125", {2, 2, std::vector<std::uint8_t>(12, 50)});
  run.config.data.photos = photos;
  run.train();
  const auto gallery = page_data(run.page()).at("gallery");
  CHECK(gallery.at("score").get<std::string>() == "CIDEr-D");
  const auto& images = gallery.at("images");
  REQUIRE(images.size() == 5);
  const std::vector<std::string> colours{"red", "green", "blue", "white"};
  double last_score = -1;
  std::vector<bool> seen(5, false);
  for (const auto& image : images) {
    const auto place = image.at("place").get<std::size_t>();
    seen.at(place) = true;
    CHECK(image.at("name").get<std::string>() == "image_" + std::to_string(124 + place));
    CHECK(image.contains("photo") == (place == 1));
    CHECK(image.at("references").get<std::vector<std::string>>() ==
          std::vector<std::string>{"a " + colours[place % 4], "the " + colours[place % 4] + " thing here"});
    CHECK(image.at("score").get<double>() >= last_score);
    last_score = image.at("score").get<double>();
    REQUIRE(image.at("captions").size() == 2);
    CHECK(image.at("captions").at(0).at("how").get<std::string>() == "greedy");
    CHECK(image.at("captions").at(1).at("how").get<std::string>() == "beam 2");
    for (const auto& caption : image.at("captions")) {
      const auto words = caption.at("words").get<std::vector<std::string>>();
      const auto logs = caption.at("log_probabilities").get<std::vector<double>>();
      REQUIRE(words.size() == logs.size());
      CHECK(std::find(words.begin(), words.end(), colours[place % 4]) != words.end());
      CHECK(words.back() == "<END>");
      for (const double log : logs) CHECK((log <= 0 && log > -3));
    }
  }
  CHECK(last_score > 1);
  CHECK(seen == std::vector<bool>(5, true));
}

TEST_CASE("report: what there is to say about the image") {
  CHECK(image_sentence(with_gap(2.5)).find("looks at the image") != std::string::npos);
  CHECK(image_sentence(with_gap(2.5)).find("2.500 nats") != std::string::npos);
  CHECK(lacks(image_sentence(with_gap(0.05)), {"The image is ignored", "+0.050", "0.1 at least"}) == "");
  CHECK(lacks(image_sentence(with_gap(-0.25)), {"The image is ignored", "-0.250"}) == "");
  CHECK(image_sentence(with_gap(std::numeric_limits<double>::quiet_NaN())).find("not known") !=
        std::string::npos);
  const TemporaryDirectory folder;
  const std::pair<double, std::string> levels[] = {{2.5, "good"},
                                                   {0.05, "warning"},
                                                   {-1, "warning"},
                                                   {std::numeric_limits<double>::quiet_NaN(), "unknown"}};
  for (const auto& [gap, level] : levels) {
    RunReport report(folder.path().string(), Config{}, {});
    report.validated(with_gap(gap), true, {});
    const auto data = page_data(read_file(folder.file("report.html")));
    CHECK(data.at("alarm").at("level").get<std::string>() == level);
    CHECK(data.at("gap").is_null() == std::isnan(gap));
    CHECK(data.at("gallery").at("images").empty());
  }
}

TEST_CASE("report: hostile names and captions come through as data") {
  const std::string hostile = "</script><script>alert(\"x\")</script>";
  TemporaryDirectory folder;
  Gallery gallery{"CIDEr-D", {}};
  gallery.images.push_back({.name = hostile, .references = {hostile}, .score = 1});
  gallery.images[0].captions = {{"greedy", {hostile, 0, {hostile}, {-1}}}};
  Config config;
  config.train.out = hostile;
  config.data.root = hostile;
  RunReport report(folder.path().string() + "/", config, {{"device", hostile}});
  report.validated(with_gap(1), true, gallery);
  const std::string page = read_file(folder.file("report.html"));
  CHECK(page.find("<script>alert") == std::string::npos);
  const TemporaryDirectory other;
  RunReport plain(other.path().string(), Config{}, {});
  plain.validated(with_gap(1), true, {});
  CHECK(tags(page) == tags(read_file(other.file("report.html"))));
  const auto data = page_data(page);
  CHECK(data.at("gallery").at("images").at(0).at("name").get<std::string>() == hostile);
  CHECK(data.at("title").get<std::string>() == folder.path().filename().string());
  CHECK(data.at("facts").at(0).at(1).get<std::string>() == hostile);
  // Markdown, which TensorBoard turns into HTML.
  int tables = 0;
  for (const ReadEvent& event : read_events(event_file_in(folder.path().string()))) {
    if (event.tag != "captions") continue;
    ++tables;
    CHECK(event.text.find("<script>") == std::string::npos);
    CHECK(event.text.find("&lt;/script\\>") != std::string::npos);
  }
  CHECK(tables == 1);
}

TEST_CASE("report: TensorBoard's events are the figures of metrics.csv, with captions and photos") {
  Run run({"train.caption_images=6", "train.clip_norm=5", "train.gallery_images=3"});
  const std::string photos = run.file.folder.file("photos");
  std::filesystem::create_directory(photos);
  const std::string png = encode_png({2, 3, std::vector<std::uint8_t>(18, 50)}, "a picture");
  write_file_atomically(photos + "/image_124", png);
  run.config.data.photos = photos;
  std::size_t before = 0;
  run.train([&](const EpochMetrics&) {
    const auto events = run.events();
    CHECK(events.size() > before);
    before = events.size();
  });
  const auto events = run.events();
  CHECK(events[0].version == "brain.Event:2");
  const auto tagged = [&](const std::string& tag) {
    std::vector<ReadEvent> found;
    std::copy_if(events.begin(), events.end(), std::back_inserter(found),
                 [&](const ReadEvent& event) { return event.tag == tag; });
    return found;
  };
  for (std::size_t epoch = 0; epoch < 3; ++epoch)
    for (const MetricColumn& column : metric_columns(run.epochs[epoch])) {
      INFO(column.name);
      const auto found = tagged("metrics/" + column.name);
      REQUIRE(found.size() == 3);
      CHECK(found[epoch].step == run.epochs[epoch].step);
      CHECK(found[epoch].scalar == static_cast<float>(column.value));
    }
  CHECK(tagged("steps/loss").size() == 15);
  CHECK(tagged("steps/gradient_norm").size() == 15);
  CHECK(tagged("steps/learning_rate")[4].scalar == 0.02f);
  REQUIRE(tagged("captions").size() == 3);
  CHECK(tagged("captions")[0].plugin == "text");
  for (const std::string part : {"| image\\_124 |", "greedy: ", "beam 3: ", "| a red |"})
    CHECK(tagged("captions")[0].text.find(part) != std::string::npos);
  REQUIRE(tagged("configuration").size() == 1);
  CHECK(tagged("configuration")[0].text.find("    model:\n      cell: lstm\n") == 0);
  REQUIRE(tagged("photos/image_124").size() == 1);
  CHECK(tagged("photos/image_124")[0].height == 2);
  CHECK(tagged("photos/image_124")[0].width == 3);
  CHECK(decode_image(std::as_bytes(std::span(tagged("photos/image_124")[0].encoded)), "photo").pixels ==
        std::vector<std::uint8_t>(18, 50));
  CHECK(tagged("photos/image_125").empty());
}

TEST_CASE("report: a folder of photos that is not there is said before training") {
  const Run run({"data.photos=nowhere"});
  const CaptionData data = open_data(run.config);
  CHECK(lacks(error_of([&] { CaptionTask(run.config, data, Device::cpu()); }),
              {"data.photos", "nowhere", "not there"}) == "");
}

TEST_CASE("report: each file can be left out, and none changes what is trained") {
  Run both, none({"train.report=false", "train.tensorboard=false"}), bare({"train.gallery_images=0"});
  both.train();
  none.train();
  bare.train();
  const auto has = [](const Run& run, const std::string& part) {
    return std::ranges::any_of(std::filesystem::directory_iterator(run.out), [&](const auto& entry) {
      return entry.path().filename().string().find(part) != std::string::npos;
    });
  };
  CHECK(has(both, "report.html"));
  CHECK(has(both, "tfevents"));
  CHECK_FALSE(has(none, "report.html"));
  CHECK_FALSE(has(none, "tfevents"));
  CHECK(page_data(bare.page()).at("gallery").at("images").empty());
  CHECK((read_file(both.out + "/model.safetensors") == read_file(none.out + "/model.safetensors")));
  // A new run's folder has no old report.
  const RunDirectory anew(both.out, true);
  CHECK_FALSE(has(both, "report.html"));
  CHECK_FALSE(has(both, "tfevents"));
}
