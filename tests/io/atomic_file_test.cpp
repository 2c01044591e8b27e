#include "io/atomic_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("atomic file: the old contents until commit, the new ones after") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.txt");
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write("new ");
    file.write("text");
    CHECK(read_file(path) == "old");
    CHECK(folder.entries() == 2);
    file.commit();
  }
  CHECK(read_file(path) == "new text");
  CHECK(folder.entries() == 1);
  { AtomicFile abandoned(path); }
  CHECK(read_file(path) == "new text");
  CHECK(folder.entries() == 1);
}

TEST_CASE("atomic file: a link stays a link") {
  const TemporaryDirectory folder;
  write_file_atomically(folder.file("target"), "old");
  std::filesystem::create_symlink("target", folder.path() / "link");
  write_file_atomically(folder.file("link"), "new");
  CHECK(std::filesystem::is_symlink(folder.path() / "link"));
  CHECK(read_file(folder.file("target")) == "new");
}

TEST_CASE("atomic file: places that can't be written") {
  const TemporaryDirectory folder;
  const auto error = [](const std::string& path) {
    return error_of([&] { write_file_atomically(path, "x"); });
  };
  CHECK(lacks(error(folder.file("none/a")), {"cannot write", "none/a", "No such file"}) == "");
  CHECK(lacks(error(folder.path().string()), {"is a directory"}) == "");
  CHECK(lacks(error(""), {"without a name"}) == "");
  REQUIRE(mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK(lacks(error(folder.file("pipe")), {"pipe", "not a regular file"}) == "");
  CHECK(lacks(error_of([&] { read_file(folder.file("pipe")); }), {"pipe", "not a regular file"}) == "");
  write_file_atomically(folder.file("a"), "x");
  CHECK(lacks(error(folder.file("a") + "/b"), {"Not a directory"}) == "");
  CHECK(lacks(error_of([&] { read_file(folder.file("a"), 0); }), {"larger than 0"}) == "");
  if (geteuid() != 0) {
    std::filesystem::permissions(folder.path(),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    CHECK(lacks(error(folder.file("b")), {"Permission denied"}) == "");
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  }
}
