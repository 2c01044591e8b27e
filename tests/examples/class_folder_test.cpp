#include "tools/examples/class_folder.h"

#include <filesystem>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

// Files that are not looked into here.
void touch(const TemporaryDirectory& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    fs::create_directories(fs::path(folder.file(name)).parent_path());
    write_file_atomically(folder.file(name), "");
  }
}

// "split: class/path" of every picture.
std::vector<std::string> listed(const TemporaryDirectory& folder) {
  const ClassFolder list = list_class_folder(folder.path().string());
  std::vector<std::string> all;
  for (const auto& picture : list.pictures)
    all.push_back(picture.split + ": " + list.class_names.at(static_cast<std::size_t>(picture.label)) + " " +
                  fs::relative(picture.path, folder.path()).string());
  return all;
}

}  // namespace

TEST_CASE("class folder: a folder for each class, pictures in order, other files counted") {
  const TemporaryDirectory folder;
  touch(folder, {"dog/b.jpg", "dog/a.JPEG", "cat/deep/c.png", "cat/notes.txt", "cat/.hidden.jpg",
                 ".git/x.jpg", "readme.md", "train/t.jpg"});  // a class may be called train
  const ClassFolder list = list_class_folder(folder.path().string());
  CHECK(list.class_names == std::vector<std::string>{"cat", "dog", "train"});
  CHECK(list.others == 1);
  CHECK(listed(folder) == std::vector<std::string>{": cat cat/deep/c.png", ": dog dog/a.JPEG",
                                                   ": dog dog/b.jpg", ": train train/t.jpg"});
}

TEST_CASE("class folder: train, val and test above the classes") {
  const TemporaryDirectory folder;
  touch(folder, {"train/dog/1.jpg", "train/cat/2.jpg", "val/dog/3.jpg", "test/cat/4.jpg", "else/5.jpg"});
  CHECK(listed(folder) == std::vector<std::string>{"train: cat train/cat/2.jpg", "train: dog train/dog/1.jpg",
                                                   "val: dog val/dog/3.jpg", "test: cat test/cat/4.jpg"});
}

TEST_CASE("class folder: what is no such folder") {
  const auto error = [](const std::vector<std::string>& names, const std::string& extra = "") {
    const TemporaryDirectory folder;
    touch(folder, names);
    if (!extra.empty()) fs::create_directories(folder.file(extra));
    return error_of([&] { list_class_folder(folder.path().string()); });
  };
  CHECK(lacks(error_of([] { list_class_folder("/nowhere/at/all"); }), {"/nowhere/at/all", "not there"}) ==
        "");
  CHECK(lacks(error_of([] { list_class_folder(""); }), {"\"\" should be a folder"}) == "");
  CHECK(lacks(error({"a.jpg"}), {"no folders", "for each class"}) == "");
  CHECK(lacks(error({"cat/a.jpg"}, "dog"), {"/dog has no pictures"}) == "");
  CHECK(lacks(error({"cat/a.jpg", "dog/a.bmp"}), {"/dog has no pictures"}) == "");
  CHECK(lacks(error({"train/cat/a.jpg", "val/dog/a.jpg"}),
              {"/val has the class dog", "none of the 1 training classes"}) == "");
}
