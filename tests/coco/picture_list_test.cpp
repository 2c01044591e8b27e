#include "tools/coco/picture_list.h"

#include <filesystem>
#include <set>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Source {
  Source() {
    for (const char* name : {"images", "other"}) std::filesystem::create_directory(folder.file(name));
    source.annotations = folder.file("a.csv");
    source.images = folder.file("images");
  }
  void table(const std::string& name, int begin, int end, const std::string& split = "") const {
    std::string text = "file,caption,split\n";
    for (int i = begin; i < end; ++i) text += std::to_string(i) + ".jpg,a dog," + split + "\n";
    write_file_atomically(folder.file(name), text);
  }
  std::string error() const {
    return error_of([&] { list_pictures(source); });
  }

  TemporaryDirectory folder;
  PictureSource source;
};

std::set<std::string> names(const PictureList& list, const std::string& split) {
  std::set<std::string> result;
  for (const auto& picture : list.pictures)
    if (picture.split == split) result.insert(picture.file_name);
  return result;
}

}  // namespace

TEST_CASE("picture list: a share for validation, the same for a picture whatever else is there") {
  Source source;
  source.table("a.csv", 0, 2000);
  const PictureList list = list_pictures(source.source);
  CHECK(list.pictures.size() == 2000);
  CHECK(list.count("val") > 150);
  CHECK(list.count("val") < 250);
  CHECK(list.pictures.front().split == "train");
  CHECK(list.pictures.back().split == "val");
  REQUIRE(list.notes.size() == 2);
  CHECK(list.notes[1].find("0.1") != std::string::npos);
  source.table("a.csv", 1000, 1500);
  for (const std::string& name : names(list_pictures(source.source), "val"))
    CHECK(names(list, "val").count(name) == 1);
  source.source.val_share = 0;
  CHECK(list_pictures(source.source).count("val") == 0);
  source.source.val_share = 1e-9;  // one at least
  CHECK(list_pictures(source.source).count("val") == 1);
  source.table("a.csv", 0, 1);
  CHECK(lacks(source.error(), {"a.csv", "no images", "training"}) == "");
}

TEST_CASE("picture list: splits that the annotations name") {
  Source source;
  write_file_atomically(source.source.annotations,
                        "file,caption,split\na,x,test\nb,x,val\nc,x,restval\nd,x,\n");
  const PictureList list = list_pictures(source.source);
  CHECK(names(list, "train") == std::set<std::string>{"c", "d"});
  CHECK(names(list, "val") == std::set<std::string>{"b"});
  CHECK(names(list, "test") == std::set<std::string>{"a"});
  CHECK(list.pictures[3].split == "test");
  source.table("a.csv", 0, 500, "train");  // none for validation
  CHECK(list_pictures(source.source).count("val") > 10);
  source.table("a.csv", 0, 5, "val");
  CHECK(lacks(source.error(), {"a.csv", "no images", "training"}) == "");
}

TEST_CASE("picture list: annotations of their own for validation") {
  Source source;
  source.table("a.csv", 0, 20);
  source.table("b.csv", 5, 10);
  source.source.val_annotations = source.folder.file("b.csv");
  CHECK(lacks(source.error(), {"5.jpg", "train", "val", "one split only"}) == "");
  source.source.val_images = source.folder.file("other");
  const PictureList list = list_pictures(source.source);
  CHECK(list.count("train") == 20);
  CHECK(list.count("val") == 5);
  CHECK(list.pictures[20].path() == source.folder.file("other") + "/5.jpg");
  source.source.val_images = "";
  source.table("b.csv", 20, 25, "val");
  CHECK(list_pictures(source.source).pictures[20].path() == source.folder.file("images") + "/20.jpg");
  source.table("b.csv", 20, 25, "train");
  CHECK(lacks(source.error(), {"b.csv", "20.jpg", "\"train\"", "for val"}) == "");
  source.table("a.csv", 0, 20, "test");
  CHECK(lacks(source.error(), {"a.csv", "0.jpg", "\"test\"", "for train"}) == "");
}

TEST_CASE("picture list: what is refused") {
  Source source;
  source.table("a.csv", 0, 5);
  source.source.images = source.folder.file("none");
  CHECK(lacks(source.error(), {"none", "folder with pictures", "no folder"}) == "");
  source.source.images = source.source.annotations;
  CHECK(lacks(source.error(), {"a.csv", "folder with pictures"}) == "");
  source.source.images = source.folder.file("images");
  source.source.val_images = source.folder.file("other");
  CHECK(lacks(source.error(), {"other", "validation", "--val-annotations"}) == "");
  source.source.val_annotations = source.folder.file("none.csv");
  CHECK(lacks(source.error(), {"none.csv", "No such file"}) == "");
  source.table("b.csv", 5, 9);
  source.source.val_annotations = source.folder.file("b.csv");
  source.source.val_images = source.folder.file("gone");
  CHECK(lacks(source.error(), {"gone", "folder with pictures"}) == "");
}

TEST_CASE("picture list: images without captions, Karpathy's folders, and the fingerprint") {
  Source source;
  source.source.annotations = source.folder.file("a.json");
  source.source.val_share = 0;
  const auto list = [&](const std::string& caption, const std::string& split) {
    write_file_atomically(
        source.source.annotations,
        R"({"images": [{"filepath": "val2014", "filename": "a.jpg", "cocoid": 3, "split": ")" + split +
            R"(", "sentences": [{"raw": ")" + caption +
            R"("}]}, {"filename": "b.jpg", "cocoid": 4, "split": "train", "sentences": []}]})");
    return list_pictures(source.source);
  };
  const PictureList got = list("x", "train");
  CHECK(got.uncaptioned == std::vector<std::string>{"b.jpg"});
  REQUIRE(got.pictures.size() == 1);
  CHECK(got.pictures[0].path() == source.folder.file("images") + "/val2014/a.jpg");
  write_file_atomically(source.folder.file("images") + "/a.jpg", "");
  CHECK(got.pictures[0].path() == source.folder.file("images") + "/a.jpg");
  CHECK(list("x", "restval").fingerprint == got.fingerprint);
  CHECK(list("y", "train").fingerprint != got.fingerprint);
}
