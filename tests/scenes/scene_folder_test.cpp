#include "tools/scenes/scene_folder.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "io/atomic_file.h"
#include "io/image.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_json.h"
#include "tools/scenes/scene_painter.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

SceneFolderOptions options_for(const std::string& folder, std::int64_t count, std::uint64_t seed = 1) {
  SceneFolderOptions options;
  options.folder = folder;
  options.count = count;
  options.seed = seed;
  options.side = 48;
  return options;
}

// The files' names, from the folder on, with their contents.
std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), folder).string()] = read_file(entry.path().string());
  return files;
}

}  // namespace

TEST_CASE("scene folder: pictures, and captions in COCO's format with the truth beside them") {
  const TemporaryDirectory folder;
  SceneFolderOptions options = options_for(folder.file("scenes/"), 47);
  std::int64_t reported = 0;
  options.progress = [&](std::int64_t done) { reported = done; };
  write_scene_folder(options);
  CHECK(reported == 47);
  CHECK(folder.entries() == 1);
  CHECK(contents(folder.file("scenes")).size() == 47 + 2);

  std::set<std::int64_t> images, captions;
  for (const std::string split : {"train", "val"}) {
    const std::string path = folder.file("scenes/" + split + ".json");
    const auto json = nlohmann::json::parse(read_file(path));
    CHECK(json.at("info").at("description") == "dlcore scenes");
    CHECK(json.at("images").size() == (split == "train" ? 43 : 4));
    CHECK(json.at("annotations").size() == 5 * json.at("images").size());
    std::map<std::int64_t, Scene> scenes;
    for (const auto& image : json.at("images")) {
      const auto id = image.at("id").get<std::int64_t>();
      scenes[id] = scene_from_json(image.at("scene"), "here");
      CHECK(scenes[id] == draw_scene(1, id));
      CHECK(images.insert(id).second);
      const Image picture =
          read_image(folder.file("scenes/" + split + "/" + image.at("file_name").get<std::string>()));
      CHECK(picture.height == image.at("height").get<std::int64_t>());
      CHECK(picture.width == image.at("width").get<std::int64_t>());
      const Image painted = paint_scene(scenes[id], 48);
      double difference = 0;
      for (std::size_t i = 0; i < painted.pixels.size(); ++i)
        difference += std::abs(painted.pixels[i] - picture.pixels[i]);
      CHECK(difference / static_cast<double>(painted.pixels.size()) < 6);  // JPEG's
    }
    for (const auto& annotation : json.at("annotations")) {
      const std::string caption = annotation.at("caption").get<std::string>();
      CHECK(captions.insert(annotation.at("id").get<std::int64_t>()).second);
      CHECK(caption_is_true(scenes.at(annotation.at("image_id").get<std::int64_t>()), caption) == true);
    }
    const SceneAnnotations read = read_scene_annotations(path);
    CHECK(read.scenes.size() == scenes.size());
    CHECK(read.scenes[1] == scenes.at(read.image_ids[1]));
    CHECK(read.file_names[1].ends_with(".jpg"));
  }
  CHECK(images.size() == 47);
}

TEST_CASE("scene folder: one seed, the same files; another replaces them") {
  const TemporaryDirectory folder;
  write_scene_folder(options_for(folder.file("a"), 30));
  write_scene_folder(options_for(folder.file("b"), 30));
  write_scene_folder(options_for(folder.file("c"), 30, 2));
  const auto first = contents(folder.file("a"));
  CHECK(first == contents(folder.file("b")));
  const auto other = contents(folder.file("c"));
  CHECK(first.at("train/scene_000000.jpg") != other.at("train/scene_000000.jpg"));
  SceneFolderOptions options = options_for(folder.file("b"), 12);
  options.format = "png";
  write_scene_folder(options);
  CHECK(contents(folder.file("b")).size() == 12 + 2);
  const Image picture = read_image(folder.file("b/train/scene_000003.png"));
  CHECK(picture.pixels == paint_scene(draw_scene(1, 3), 48).pixels);
  std::filesystem::create_directory_symlink(folder.file("c"), folder.file("link"));
  write_scene_folder(options_for(folder.file("link"), 30));
  CHECK(std::filesystem::is_symlink(folder.file("link")));
  CHECK(contents(folder.file("c")) == first);
  CHECK(folder.entries() == 4);
}

TEST_CASE("scene folder: what is refused leaves everything as it was") {
  const TemporaryDirectory folder;
  const auto error = [&](const SceneFolderOptions& options) {
    std::string message = error_of([&] { write_scene_folder(options); });
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      if (entry.path().string().ends_with(".tmp")) return "left: " + entry.path().string();
    return message;
  };
  for (const std::int64_t count : {-1, 0, 1})
    CHECK(lacks(error(options_for(folder.file("x"), count)), {std::to_string(count), "at least 2"}) == "");
  CHECK(lacks(error(options_for(folder.file("x"), 1'000'001)), {"1000001"}) == "");
  CHECK(lacks(error(options_for("", 5)), {"without a name"}) == "");
  CHECK(lacks(error(options_for(folder.file("none/x"), 5)), {"none/x", "No such file"}) == "");
  SceneFolderOptions options = options_for(folder.file("x"), 5);
  options.side = 31;
  CHECK(lacks(error(options), {"32 to 1024", "31"}) == "");
  options = options_for(folder.file("x"), 5);
  options.format = "gif";
  CHECK(lacks(error(options), {"jpg or png", "gif"}) == "");
  options = options_for(folder.file("x"), 5);
  options.most_objects = 4;
  CHECK(lacks(error(options), {"1 to 3 objects", "4"}) == "");
  CHECK(folder.entries() == 0);

  write_file_atomically(folder.file("file"), "mine");
  CHECK(lacks(error(options_for(folder.file("file"), 5)), {"file: it is a file"}) == "");
  CHECK(lacks(error(options_for(folder.file("file/x"), 5)), {"file/x"}) == "");
  std::filesystem::create_directory(folder.file("photos"));
  CHECK(error(options_for(folder.file("photos"), 5)) == "no error");  // it was empty
  write_file_atomically(folder.file("photos/mine.jpg"), "mine");
  CHECK(lacks(error(options_for(folder.file("photos"), 5)), {"photos", "mine.jpg", "another folder"}) == "");
  CHECK(read_file(folder.file("photos/mine.jpg")) == "mine");
  std::filesystem::create_directory(folder.file("coco"));
  write_file_atomically(folder.file("coco/train.json"), R"({"info": {"description": "COCO"}, "images": []})");
  CHECK(lacks(error(options_for(folder.file("coco"), 5)), {"coco", "other captions"}) == "");
  std::filesystem::create_directories(folder.file("own/train"));
  CHECK(lacks(error(options_for(folder.file("own"), 5)), {"own/train.json", "No such file"}) == "");
}

TEST_CASE("scene folder: annotations that are none") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("val.json");
  const auto error = [&](const std::string& text) {
    write_file_atomically(path, text);
    return error_of([&] { read_scene_annotations(path); });
  };
  CHECK(lacks(error("{"), {"val.json", "not valid JSON"}) == "");
  CHECK(lacks(error("[]"), {"val.json", "\"images\""}) == "");
  CHECK(lacks(error(R"({"images": []})"), {"val.json has no images"}) == "");
  CHECK(lacks(error(R"({"images": [7]})"), {"image 0 of", "\"id\""}) == "");
  CHECK(lacks(error(R"({"images": [{"id": 1, "file_name": "a.jpg"}]})"), {"image 0 of", "no \"scene\""}) ==
        "");
  CHECK(lacks(error(R"({"images": [{"id": 1, "file_name": "a.jpg", "scene": {}}]})"),
              {"image 0 of", "\"objects\""}) == "");
  CHECK(lacks(error_of([&] { read_scene_annotations(folder.file("none.json")); }),
              {"none.json", "No such file"}) == "");
}
