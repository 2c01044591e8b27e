#include "tools/scenes/scene_file.h"

#include <algorithm>
#include <set>

#include "io/atomic_file.h"
#include "io/caption_data.h"
#include "io/json_text.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_json.h"
#include "tools/scenes/thumbnails.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("scene file: written, read back, and every caption true of its ground truth") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("scenes.h5");
  write_scenes(path, 503, 11);
  CHECK(folder.entries() == 1);
  const CaptionData data = CaptionData::open_file(path);
  CHECK(data.feature_shape() == Shape{3, 16, 16});
  CHECK(data.vocabulary().word(0) == "<NULL>");
  CHECK(data.vocabulary().word(3) == "<UNK>");
  CHECK(data.vocabulary().word(4) == "a");
  CHECK(data.split("train").images.count() == 453);
  CHECK(data.split("val").images.count() == 50);

  std::set<std::string> train_scenes;
  for (const std::string split : {"train", "val"}) {
    const CaptionSplit& part = data.split(split);
    const auto scenes = read_scenes(path, split);
    REQUIRE(static_cast<std::int64_t>(scenes.size()) == part.images.count());
    CHECK(part.count() == 5 * part.images.count());
    CHECK(part.length == scene_caption_length);
    for (std::int64_t i = 0; i < part.count(); ++i) {
      const Scene& scene = scenes[static_cast<std::size_t>(part.image_idxs[static_cast<std::size_t>(i)])];
      const std::string caption = data.vocabulary().decode(part.caption(i));
      const auto truth = caption_is_true(scene, caption);
      if (caption.find("<UNK>") == std::string::npos && !(truth && *truth)) CHECK(caption == "true");
    }
    for (std::size_t row = 0; row < scenes.size(); row += 17) {
      CHECK(part.images.image_ids[row] == scenes[row].index);
      CHECK(part.images.file_names[row].ends_with(std::to_string(scenes[row].index)));
      std::vector<float> stored(thumbnail_values);
      part.images.features.read(std::vector<std::int64_t>{static_cast<std::int64_t>(row)}, stored.data());
      const auto painted = paint_thumbnail(scenes[row]);
      for (std::size_t i = 0; i < stored.size(); ++i)
        if (!(std::abs(stored[i] - painted[i]) < 1e-3f)) CHECK(stored[i] == painted[i]);
    }
    for (Scene scene : scenes) {
      scene.index = 0;
      if (split == "train")
        train_scenes.insert(to_text(scene_to_json(scene)));
      else
        CHECK_FALSE(train_scenes.contains(to_text(scene_to_json(scene))));
    }
  }
}

TEST_CASE("scene file: one seed, one file") {
  const TemporaryDirectory folder;
  write_scenes(folder.file("a.h5"), 40, 3);
  write_scenes(folder.file("b.h5"), 40, 3);
  write_scenes(folder.file("c.h5"), 40, 4);
  CHECK(read_file(folder.file("a.h5")) == read_file(folder.file("b.h5")));
  CHECK_FALSE(read_file(folder.file("a.h5")) == read_file(folder.file("c.h5")));
}

TEST_CASE("scene file: small and impossible numbers, and a place that can't be written") {
  const TemporaryDirectory folder;
  write_scenes(folder.file("two.h5"), 2, 1);
  CHECK(CaptionData::open_file(folder.file("two.h5")).split("val").images.count() == 1);
  for (const std::int64_t count : {-1, 0, 1})
    CHECK(lacks(error_of([&] { write_scenes(folder.file("x.h5"), count, 1); }),
                {std::to_string(count), "at least 2"}) == "");
  CHECK(lacks(error_of([&] { write_scenes(folder.file("none/x.h5"), 2, 1); }),
              {"none/x.h5", "No such file"}) == "");
  CHECK(folder.entries() == 1);
}
