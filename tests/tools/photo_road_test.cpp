// From pictures to captions of photos: with features that an encoder made, and with an encoder that is
// trained.
#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "core/random.h"
#include "io/atomic_file.h"
#include "io/image_write.h"
#include "io/safetensors.h"
#include "models/encoder.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

// Noisy pictures of three colours, with captions that name them.
struct Photos {
  explicit Photos(int count) {
    const char* colours[] = {"red", "green", "blue"};
    Random random(1);
    fs::create_directory(images());
    std::string table;
    for (int i = 0; i < count; ++i) {
      const std::int64_t height = 40 + i % 5, width = 48;
      Image image{height, width, {}};
      for (std::int64_t k = 0; k < height * width * 3; ++k)
        image.pixels.push_back(static_cast<std::uint8_t>((k % 3 == i % 3 ? 180 : 20) + random.below(40)));
      write_png(fmt::format("{}/p{:03}.png", images(), i), image);
      table += fmt::format("p{:03}.png,\"A {} picture.\"\np{:03}.png,everything is {}\n", i, colours[i % 3],
                           i, colours[i % 3]);
    }
    write_file_atomically(folder.file("captions.csv"), table);
  }

  std::string images() const { return folder.file("images"); }
  std::string model() const { return folder.file("run/model.safetensors"); }

  void prepare(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"coco",
                                       "--annotations",
                                       folder.file("captions.csv"),
                                       "--images",
                                       images(),
                                       "--out",
                                       folder.file("data.h5"),
                                       "--min-count",
                                       "1",
                                       "--val-share",
                                       "0.2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    succeeds(run_program("prepare", arguments));
  }

  ProgramResult train(const std::string& model_section, int epochs) const {
    write_file_atomically(folder.file("config.yaml"),
                          fmt::format("model: {{wordvec_dim: 16, hidden_dim: 24{}}}\ndata: {{file: {}}}\n"
                                      "train: {{epochs: {}, batch: 100, clip_norm: 5}}\noptimizer: "
                                      "{{learning_rate: 0.02, encoder_learning_rate: 0.003}}\n",
                                      model_section, folder.file("data.h5"), epochs));
    return run_program("train", {folder.file("config.yaml"), "--out", folder.file("run"), "--device", "cpu"});
  }

  // The lines that dlcore_caption prints, without the one about the device.
  static std::vector<std::string> captions(const std::vector<std::string>& arguments) {
    const ProgramResult result = run_program("caption", arguments);
    succeeds(result);
    std::istringstream stream(result.out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
      if (!line.starts_with("device ")) lines.push_back(line);
    return lines;
  }

  static void succeeds(const ProgramResult& result) {
    INFO(result.err);
    REQUIRE(result.code == 0);
  }

  TemporaryDirectory folder;
};

void fails_with(const std::vector<std::string>& arguments, const std::string& sentence) {
  CHECK(not_refused("caption", run_program("caption", arguments), {sentence}) == "");
}

}  // namespace

TEST_CASE("tools: a photo has the caption of the features that its encoder made") {
  const Photos photos(30);
  photos.prepare({"--encoder", "regnet_x_400mf", "--size", "40", "--pool", "grid", "--float32"});
  Photos::succeeds(photos.train("", 3));
  const auto by_features =
      Photos::captions({photos.model(), "--features", photos.folder.file("data.h5"), "--split", "train"});
  const auto by_photo = Photos::captions({photos.model(), photos.images()});
  REQUIRE(by_photo.size() == 30);
  REQUIRE(by_features.size() > 20);
  for (const std::string& line : by_features)
    CHECK(std::find(by_photo.begin(), by_photo.end(), photos.images() + "/" + line) != by_photo.end());

  // And is similar to the same training images.
  const std::vector<std::string> chosen{"--beam", "5", "--neighbors", "4"};
  const auto choose = [&](std::vector<std::string> of) {
    of.insert(of.begin(), photos.model());
    of.insert(of.end(), chosen.begin(), chosen.end());
    return Photos::captions(of);
  };
  const auto agreeing = choose({photos.images()});
  for (const std::string& line : choose({"--features", photos.folder.file("data.h5"), "--split", "train"}))
    CHECK(std::find(agreeing.begin(), agreeing.end(), photos.images() + "/" + line) != agreeing.end());

  const std::string one = photos.images() + "/p004.png";
  const auto sample = [&](std::vector<std::string> of) {
    of.insert(of.begin(), photos.model());
    of.insert(of.end(), {"--sample", "--seed", "3"});
    return Photos::captions(of);
  };
  // A photo's name gives it the same random numbers alone, among others and as features.
  const auto drawn = sample({photos.images()});
  CHECK(sample({one}) == std::vector<std::string>{drawn[4]});
  for (const std::string& line : sample({"--features", photos.folder.file("data.h5"), "--split", "train"}))
    CHECK(std::find(drawn.begin(), drawn.end(), photos.images() + "/" + line) != drawn.end());

  CHECK(Photos::captions({photos.model(), one, one}) == std::vector<std::string>(2, by_photo[4]));
  CHECK(Photos::captions({photos.model(), photos.images(), "--limit", "2"}).size() == 2);

  // COCO's results name images by the ids that the annotations give them.
  const std::string known = photos.folder.file("known.json");
  const std::string out = photos.folder.file("out.json");
  write_file_atomically(
      known, R"({"images": [{"id": 70, "file_name": "a/p004.png"}, {"id": 8, "file_name": "p001.png"},
    {"id": 9, "file_name": "x/p002.png"}, {"id": 10, "file_name": "y/p002.png"}],
    "annotations": [{"image_id": 70, "caption": "a"}]})");
  Photos::captions(
      {photos.model(), one, photos.images() + "/p001.png", "--out", out, "--annotations", known});
  const std::string results = read_file(out);
  CHECK(lacks(results.substr(0, results.find('\n')), {"\"image_id\": 70,"}) == "");
  CHECK(results.find("\"image_id\": 8,") != std::string::npos);
  fails_with({photos.model(), photos.images() + "/p003.png", "--annotations", known},
             "p003.png: none of the images in " + known + " have this file name");
  fails_with({photos.model(), photos.images() + "/p002.png", "--annotations", known},
             "p002.png: 2 of the images in ");
  fails_with({photos.model(), "--features", photos.folder.file("data.h5"), "--split", "train",
              "--annotations", known},
             "of the images in " + known + " have this file name");
  fails_with({photos.model(), "--features", photos.folder.file("data.h5"), "--urls", known},
             "--urls names the images of a features file without names, but ");
  fails_with({photos.model(), one, "--urls", known}, "but there are photos");

  // Without annotations there are no ids: a number that is none would match another image's captions.
  Photos::captions({photos.model(), one, "--out", out});
  CHECK(read_file(out).starts_with("[{\"file_name\": \"" + one + "\", \"caption\": "));

  write_file_atomically(photos.folder.file("broken.png"), read_file(one).substr(0, 300));
  fails_with({photos.model(), photos.folder.file("broken.png")}, "broken.png");
  fails_with({photos.model(), photos.folder.file("nowhere.png")}, "nowhere.png: no such photo");
  fails_with({photos.model()}, "give either photos or --features: neither is there");
  fails_with({photos.model(), one, "--features", photos.folder.file("data.h5")}, "both are there");
  fs::create_directory(photos.folder.file("empty"));
  fails_with({photos.model(), photos.folder.file("empty")}, "there is no .jpg or .png in this folder");
  fails_with({photos.model(), one, "--weights", photos.model()}, "has no tensor 'stem.0.weight'");
}

TEST_CASE("tools: the encoder's weights are looked for where they were, and must be the same") {
  const Photos photos(12);
  const std::string one = photos.images() + "/p004.png";
  const auto write_weights = [&](const std::string& path, std::uint64_t seed) {
    Encoder encoder({.name = "regnet_x_400mf"}, DType::float32, Device::cpu());
    encoder.initialize(seed);
    std::vector<NamedTensor> tensors;
    for (const auto& [name, parameter] : encoder.parameters().entries())
      tensors.push_back({name, parameter->value});
    write_safetensors(path, tensors);
  };
  const std::string weights = photos.folder.file("w.safetensors");
  const std::string moved = photos.folder.file("moved.safetensors");
  write_weights(weights, 5);
  photos.prepare({"--encoder", "regnet_x_400mf", "--level", "c4", "--weights", weights, "--size", "40"});
  Photos::succeeds(photos.train("", 1));
  const auto caption = Photos::captions({photos.model(), one});
  fs::rename(weights, moved);
  fails_with({photos.model(), one}, "no longer at " + weights + ": say with --weights where they are");
  CHECK(Photos::captions({photos.model(), one, "--weights", moved}) == caption);
  write_weights(moved, 6);
  fails_with({photos.model(), one, "--weights", moved},
             "are not those that made the features: their checksum is");
}

TEST_CASE("tools: an encoder is trained from pixels, and lies in the model file") {
  const Photos photos(30);
  photos.prepare({"--store-images", "48"});
  const ProgramResult trained =
      photos.train(", encoder: regnet_x_400mf, pool: vector, normalize_features: true", 80);
  Photos::succeeds(trained);
  CHECK(trained.out.find("pictures [48, 48, 3]") != std::string::npos);
  CHECK(trained.out.find("encoder: regnet_x_400mf, 5,094,976 parameters, pictures [48, 48, 3] to features "
                         "[400]") != std::string::npos);
  const SafetensorsReader model(photos.model());
  CHECK(model.contains("encoder.stem.0.weight"));
  CHECK(model.contains("encoder.feature_norm.running_var"));
  const auto captions = Photos::captions({photos.model(), photos.images()});
  REQUIRE(captions.size() == 30);
  const char* colours[] = {"red", "green", "blue"};
  const auto all_right = [&](const std::vector<std::string>& lines) {
    int right = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) right += lacks(lines[i], {colours[i % 3]}).empty();
    CHECK(right == 30);
  };
  all_right(captions);
  // Of pictures, the encoder makes the features by which they are similar.
  const auto chosen = Photos::captions({photos.model(), photos.images(), "--beam", "6", "--neighbors", "3"});
  REQUIRE(chosen.size() == 30);
  all_right(chosen);
  fails_with({photos.model(), "--features", photos.folder.file("data.h5"), "--beam", "6", "--neighbors", "3"},
             "was trained from pictures, not from features: give it photos");
  fails_with({photos.model(), "--features", photos.folder.file("data.h5")},
             "was trained from pictures, not from features: give it photos");
}

TEST_CASE("tools: what training from pixels cannot do is said") {
  const Photos photos(12);
  photos.prepare({"--store-images", "32"});
  const auto refused = [&](const std::string& model_section, const std::string& sentence) {
    CHECK(not_refused("train", photos.train(model_section, 1), {sentence}) == "");
  };
  refused(", encoder: resnet", "must be one of");
  refused(", encoder: regnet_x_400mf, standardize: true", "with an encoder use model.normalize_features");
  refused(", encoder: regnet_x_400mf, normalize_features: true, batch_norm: running",
          "model.normalize_features needs the batch's statistics");
  refused(", encoder: regnet_x_400mf, encoder_weights: nowhere.pth", "nowhere.pth");
  refused("", "has stored pictures in its split train, but no features");
}
