// dlcore_train on a folder of pictures and a captions file, without dlcore_prepare.
#include <filesystem>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/coco/coco_fixture.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

// Pictures with captions, and a configuration of the smallest encoder for them.
struct Folder {
  explicit Folder(int count) : set(count) {
    write_file_atomically(
        set.folder.file("config.yaml"),
        "model: {wordvec_dim: 8, hidden_dim: 8, encoder: regnet_x_400mf, level: c2, pool: vector}\n"
        "data:\n  root: " +
            set.folder.path().string() +
            "\n  file: data.h5\n  annotations: annotations.json\n  images: images\n  image_size: 32\n"
            "  min_count: 2\n"
            "train: {epochs: 1, batch: 8}\n");
  }
  ProgramResult train(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{set.folder.file("config.yaml"), "--device", "cpu", "--out", run()};
    all.insert(all.end(), more.begin(), more.end());
    return run_program("train", all);
  }
  // Without a data file or a run, beginnings of one, or anything else that was not there.
  void refuses(const std::vector<std::string>& assignments, const std::vector<std::string>& parts) const {
    std::vector<std::string> arguments;
    for (const std::string& assignment : assignments)
      arguments.insert(arguments.end(), {"--set", assignment});
    const int entries = set.folder.entries();
    CHECK(not_refused("train", train(arguments), parts) == "");
    CHECK(set.folder.entries() == entries);
  }
  std::string run() const { return set.folder.file("run"); }

  CocoSet set;
};

std::string missing_in(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    if (text.find(part) == std::string::npos) return "no \"" + part + "\" in: " + text;
  return "";
}

void succeeds(const ProgramResult& result) {
  INFO(result.err);
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
}

}  // namespace

TEST_CASE("train: from a folder of pictures, again without preparing anew, and a photo is captioned") {
  const Folder folder(16);
  const std::string broken = CocoSet::name(2);
  write_file_atomically(folder.set.images() + "/" + broken, "no picture");
  const std::string out = folder.set.out();

  const ProgramResult dumped = folder.train({"--dump-config"});
  succeeds(dumped);
  CHECK(missing_in(dumped.out, {"annotations: \"annotations.json\"", "image_size: 32"}) == "");
  CHECK_FALSE(fs::exists(out));

  const ProgramResult first = folder.train();
  succeeds(first);
  CHECK(first.out.starts_with("device cpu: "));
  CHECK(missing_in(first.out,
                   {"\npreparing " + out + " from " + folder.set.folder.file("annotations.json") +
                        " and the pictures in " + folder.set.images() + "\n",
                    "COCO captions, 16 images with 32 captions", "left out: 1 pictures that can't be read",
                    broken, "written: " + out + "\ndata: 22 training captions of 11 images",
                    "8 validation captions of 4 images", "pictures [32, 32, 3]", "best loss"}) == "");
  CHECK(missing_in(read_file(out + ".dropped.txt"), {broken}) == "");
  CHECK_FALSE(fs::exists(out + ".partial"));

  const std::string bytes = read_file(out);
  const auto time = fs::last_write_time(out);
  const ProgramResult second = folder.train({"--overwrite"});
  succeeds(second);
  CHECK(second.out.find("preparing") == std::string::npos);
  CHECK(fs::last_write_time(out) == time);
  CHECK((read_file(out) == bytes));

  const std::string photo = folder.set.images() + "/" + CocoSet::name(5);
  const ProgramResult caption = run_program("caption", {folder.run() + "/model.safetensors", photo});
  succeeds(caption);
  CHECK(missing_in(caption.out, {photo}) == "");
}

TEST_CASE("train: a data file that dlcore_prepare made of the folder is used") {
  Folder folder(12);
  const std::string val = folder.set.folder.file("val.csv");
  write_file_atomically(val, CocoSet::name(3) + ",A picture\n");
  folder.set.json["annotations"].erase(6);  // leaves picture 3 without a caption for training
  folder.set.json["annotations"].erase(6);
  for (auto& image : folder.set.json["images"]) image["split"] = "train";
  folder.set.write();
  succeeds(run_program("prepare", {"coco", "--annotations", folder.set.folder.file("annotations.json"),
                                   "--images", folder.set.images(), "--val-annotations", val, "--out",
                                   folder.set.out(), "--store-images", "32", "--min-count", "2"}));
  const std::string bytes = read_file(folder.set.out());
  const ProgramResult trained = folder.train({"--set", "data.val_annotations=val.csv"});
  succeeds(trained);
  CHECK(missing_in(trained.out, {"22 training captions of 11 images", "1 validation captions of 1 images"}) ==
        "");
  CHECK((read_file(folder.set.out()) == bytes));
}

TEST_CASE("train: a data file that was made from other captions or settings") {
  Folder folder(12);
  succeeds(folder.train());
  const std::string bytes = read_file(folder.set.out());
  const std::string sentence =
      "data.file " + folder.set.out() + " was made from other pictures, captions or settings";
  folder.refuses({"data.image_size=40"},
                 {sentence, "data.image_size was 32 and is now 40", "delete the file"});
  folder.set.json["annotations"][0]["caption"] = "Something else.";
  folder.set.write();
  folder.refuses({}, {sentence, "annotations were others", "delete the file", "or name another"});
  CHECK((read_file(folder.set.out()) == bytes));
}

TEST_CASE("train: keys for a folder of pictures that are missing or wrong") {
  const Folder folder(4);
  folder.refuses({"model.encoder="}, {"data.annotations", "model.encoder", "dlcore_prepare coco --encoder"});
  folder.refuses({"data.images="}, {"data.annotations needs data.images"});
  folder.refuses({"data.file="}, {"data.annotations needs data.file"});
  folder.refuses({"data.captions=captions.h5"}, {"either data.file or the CS231n files", "not both"});
  folder.refuses({"data.annotations="}, {"data.images is given, but no data.annotations"});
  folder.refuses({"data.annotations=none.json"}, {"none.json", "No such file"});
  folder.refuses({"data.images=none"}, {"/none should be a folder with pictures"});
  folder.refuses({"data.val_images=images"}, {"images has pictures for validation", "data.val_annotations"});
  folder.refuses({"data.image_size=16"}, {"'data.image_size' must be at least 32, not 16"});
  folder.refuses({"data.file=none/data.h5"}, {"none/data.h5"});
}
