// dlcore_prepare show: captions judged against the scenes' ground truth.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "io/image_set.h"
#include "tests/catch.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_file.h"
#include "tools/scenes/scene_folder.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

void prepare(const std::string& out) {
  const ProgramResult made =
      run_program("prepare", {"scenes", "--out", out, "--count", "200", "--seed", "3"});
  INFO(made.err);
  REQUIRE(made.code == 0);
}

std::string results(const std::vector<std::int64_t>& ids, const std::vector<std::string>& captions) {
  nlohmann::json json = nlohmann::json::array();
  for (std::size_t i = 0; i < captions.size(); ++i)
    json.push_back({{"image_id", ids[i]}, {"caption", captions[i]}});
  return json.dump();
}

// The line of the table that begins with `name`.
std::string line_of(const std::string& text, const std::string& name) {
  const std::size_t begin = text.find("\n" + name + " ");
  return begin == std::string::npos ? "" : text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
}

// The percentages in a line of the table: of the own, and of the next picture.
std::vector<double> shares(const std::string& text, const std::string& name) {
  std::string line = line_of(text, name).substr(name.size());
  std::vector<double> numbers;
  for (std::size_t end = 0; (end = line.find('%')) != std::string::npos; line.erase(0, end + 1))
    numbers.push_back(std::stod(line));
  REQUIRE(numbers.size() == 2);
  return numbers;
}

}  // namespace

TEST_CASE("tools: show judges captions of a folder of scenes") {
  const TemporaryDirectory folder;
  prepare(folder.file("scenes"));
  const std::string annotations = folder.file("scenes/val.json");
  const std::string captions = folder.file("captions.json");
  const SceneAnnotations data = read_scene_annotations(annotations);
  REQUIRE(data.scenes.size() == 20);
  const auto show = [&](const std::vector<std::string>& texts) {
    write_file_atomically(captions, results(data.image_ids, texts));
    const ProgramResult shown = run_program(
        "prepare", {"show", "--annotations", annotations, "--captions", captions, "--limit", "2"});
    INFO(shown.err);
    REQUIRE(shown.code == 0);
    return shown.out;
  };

  // The data's own captions are true of their pictures, and hardly of others.
  std::vector<std::string> own;
  int speak_of_two = 0, next_speak_of_two = 0, next_true = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    const Scene& next = data.scenes[(i + 1) % 20];
    own.push_back(scene_captions(data.scenes[i])[1]);
    const bool two = *objects_mentioned(own.back()) >= 2;
    speak_of_two += two || data.scenes[i].objects.size() < 2;
    next_speak_of_two += two || next.objects.size() < 2;
    next_true += *caption_is_true(next, own.back());
  }
  const std::string good = show(own);
  CHECK(good.find("20 captions: 20 true, 0 false, 0 that cannot be checked") != std::string::npos);
  CHECK(shares(good, "true") == std::vector<double>{100, 5.0 * next_true});
  CHECK(next_true < 10);
  CHECK(shares(good, "speak of two where there are two") ==
        std::vector<double>{5.0 * speak_of_two, 5.0 * next_speak_of_two});
  CHECK(speak_of_two > 10);
  CHECK(shares(good, "both")[0] == 5.0 * speak_of_two);
  // The first two, in words where there is no terminal.
  CHECK(good.starts_with(data.file_names[0] + ": "));
  CHECK(good.find(own[1]) != std::string::npos);
  CHECK(good.find("it is      true") != std::string::npos);
  CHECK(good.find('\033') == std::string::npos);
  CHECK(good.find(data.file_names[2]) == std::string::npos);

  // One caption for all does equally well everywhere.
  const std::string blind = show(std::vector<std::string>(20, "there is a shape on a dark background"));
  CHECK(shares(blind, "true")[0] == shares(blind, "true")[1]);
  CHECK(shares(blind, "true")[0] < 60);
  CHECK(shares(blind, "both")[0] < shares(blind, "true")[0]);

  std::vector<std::string> mixed(20, "a dog on a horse");
  mixed[0] = own[0];
  mixed[1] = "a red circle and a green circle and a blue circle and a red cross";  // more than there are
  const std::string poor = show(mixed);
  CHECK(poor.find("20 captions: 1 true, 1 false, 18 that cannot be checked") != std::string::npos);
  CHECK(poor.find("it is      FALSE") != std::string::npos);
  CHECK(shares(poor, "true")[0] == 5);
  CHECK(show({own[0]}).find("1 captions: 1 true") != std::string::npos);  // not every picture has one
}

TEST_CASE("tools: show judges captions of a data file, and draws in colour when asked") {
  const TemporaryDirectory folder;
  prepare(folder.file("scenes.h5"));
  const ImageSet images = open_image_set(folder.file("scenes.h5"), "train");
  const std::vector<Scene> scenes = read_scenes(folder.file("scenes.h5"), "train");
  std::vector<std::string> own;
  for (const Scene& scene : scenes) own.push_back(scene_captions(scene)[0]);
  write_file_atomically(folder.file("captions.json"), results(images.image_ids, own));
  const ProgramResult shown =
      run_program("prepare", {"show", "--file", folder.file("scenes.h5"), "--split", "train", "--captions",
                              folder.file("captions.json"), "--limit", "1", "--picture", "colour"});
  CHECK(shown.err == "");
  REQUIRE(shown.code == 0);
  CHECK(shown.out.find("180 captions: 180 true, 0 false") != std::string::npos);
  CHECK(shares(shown.out, "true")[0] == 100);
  CHECK(shown.out.find("\033[38;2;") != std::string::npos);
  CHECK(shown.out.find("scene_000000") != std::string::npos);
}

TEST_CASE("tools: show requires a share of captions to pass, and to fail with other pictures") {
  const TemporaryDirectory folder;
  prepare(folder.file("scenes.h5"));
  const ImageSet images = open_image_set(folder.file("scenes.h5"), "train");
  const std::vector<Scene> scenes = read_scenes(folder.file("scenes.h5"), "train");
  const std::string captions = folder.file("captions.json");
  const auto show = [&](const std::vector<std::string>& texts, const std::string& percent) {
    write_file_atomically(captions, results(images.image_ids, texts));
    return run_program("prepare", {"show", "--file", folder.file("scenes.h5"), "--split", "train",
                                   "--captions", captions, "--limit", "0", "--require", percent});
  };
  std::vector<std::string> own, shuffled;
  for (const Scene& scene : scenes) own.push_back(scene_captions(scene)[0]);
  shuffled = own;
  std::rotate(shuffled.begin(), shuffled.begin() + 7, shuffled.end());
  CHECK(show(own, "100").code == 0);
  CHECK(not_refused("prepare", show(shuffled, "90"), {captions, "of the captions pass, 90% are required"}) ==
        "");
  // True of every picture, and so of the next one.
  std::vector<std::string> blind;
  for (const Scene& scene : scenes)
    blind.emplace_back(scene.objects.size() > 1 ? "a shape and a shape" : "a shape");
  CHECK(not_refused("prepare", show(blind, "20"), {captions, "they do not tell the pictures apart"}) == "");
}

TEST_CASE("tools: show says what is wrong with its files") {
  const TemporaryDirectory folder;
  prepare(folder.file("scenes"));
  const std::string annotations = folder.file("scenes/val.json");
  const std::string captions = folder.file("captions.json");
  const auto refused = [&](const std::string& text, const std::vector<std::string>& parts) {
    write_file_atomically(captions, text);
    CHECK(not_refused("prepare",
                      run_program("prepare", {"show", "--annotations", annotations, "--captions", captions}),
                      parts) == "");
  };
  refused("{", {"captions.json", "not valid JSON"});
  refused("[]", {"captions.json", "list of captions"});
  refused(R"([{"image_id": 9}])", {"captions.json", "entry 0", "caption"});
  refused(R"([{"image_id": 10, "caption": "a circle"}])", {"image 10", "val.json"});
  refused(R"([{"image_id": 9, "caption": 3}])", {"entry 0"});
  CHECK(not_refused("prepare",
                    run_program("prepare", {"show", "--annotations", captions, "--captions", captions}),
                    {"captions.json", "\"images\""}) == "");
  // Exactly one of both.
  CHECK(run_program("prepare", {"show", "--captions", captions}).code > 1);
  CHECK(run_program("prepare",
                    {"show", "--annotations", annotations, "--file", annotations, "--captions", captions})
            .code > 1);
}
