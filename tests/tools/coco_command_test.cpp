// dlcore_prepare coco as a program. What it writes is tested in tests/coco.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "core/random.h"
#include "io/atomic_file.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/stored_pictures.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

// Pictures with a table of captions.
struct Pictures {
  explicit Pictures(int count, std::int64_t side = 30) {
    fs::create_directory(folder.file("images"));
    std::string table;
    for (int i = 0; i < count; ++i) {
      const std::string name = fmt::format("p{}.jpg", i);
      std::vector<std::uint8_t> pixels(static_cast<std::size_t>(side * side * 3),
                                       static_cast<std::uint8_t>(i));
      write_jpeg(folder.file("images") + "/" + name, Image{side, side, std::move(pixels)});
      table += fmt::format("{},\"A dog, number {}.\"\n", name, i % 3);
    }
    write_file_atomically(folder.file("a.csv"), table);
  }
  std::vector<std::string> arguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{
        "coco",  "--annotations",       folder.file("a.csv"), "--images", folder.file("images"),
        "--out", folder.file("data.h5")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProgramResult run(const std::vector<std::string>& more = {}) const {
    return run_program("prepare", arguments(more));
  }

  TemporaryDirectory folder;
};

}  // namespace

TEST_CASE("prepare coco: the program says what it did") {
  const Pictures pictures(60);
  fs::remove(pictures.folder.file("images") + "/p7.jpg");
  const ProgramResult result = pictures.run({"--store-images", "24", "--min-count", "1", "--threads", "2"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  for (const char* part : {"a.csv: table, 60 images with 60 captions", "--val-share", "59 pictures in",
                           "pictures/s", "left out: 1 pictures that are missing", "p7.jpg",
                           "vocabulary: 10 words", "train: ", "val: ", "written: "}) {
    INFO(result.out);
    CHECK(result.out.find(part) != std::string::npos);
  }
  CHECK(result.out.find('\r') == std::string::npos);
  const std::string out = pictures.folder.file("data.h5");
  CHECK(open_pictures(out, "train").count() + open_pictures(out, "val").count() == 59);
  CHECK(read_file(out + ".dropped.txt").find("p7.jpg") != std::string::npos);
  CHECK(pictures.folder.entries() == 4);
}

TEST_CASE("prepare coco: what the program refuses") {
  const Pictures pictures(20);
  const auto refused = [&](const std::vector<std::string>& more, const std::vector<std::string>& parts) {
    CHECK(not_refused("prepare", pictures.run(more), parts) == "");
    CHECK(pictures.folder.entries() == 2);
  };
  refused({}, {"data.h5", "--encoder", "--store-images"});
  refused({"--pool", "grid"}, {"--pool grid needs an --encoder"});
  refused({"--weights", "w.safetensors"}, {"--weights w.safetensors needs an --encoder"});
  refused({"--encoder", "regnet_x_400mf", "--pool", "none"}, {"--encoder regnet_x_400mf", "--pool none"});
  refused({"--encoder", "no_such_net"},
          {"there is no encoder 'no_such_net': the encoders are regnet_x_16gf"});
  refused({"--store-images", "8", "--val-annotations", "none.json"}, {"none.json", "No such file"});
  refused({"--store-images", "8", "--val-images", pictures.folder.file("images")}, {"--val-annotations"});
  std::ofstream(pictures.folder.file("a.csv")) << "{";
  refused({"--store-images", "8"}, {"a.csv", "not valid JSON", "line 1"});
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--pool", "some"},
                                             {"--fit", "stretch"},
                                             {"--store-images", "-1"},
                                             {"--store-images", "5000"},
                                             {"--size", "0"},
                                             {"--min-count", "0"},
                                             {"--max-words", "0"},
                                             {"--val-share", "2"},
                                             {"--threads", "-1"}}) {
    const ProgramResult result = pictures.run(wrong);
    INFO(wrong[0]);
    CHECK(result.code > 100);  // CLI11's
    CHECK(result.err.find(wrong[0]) != std::string::npos);
  }
  const ProgramResult help = run_program("prepare", {"coco", "--help"});
  CHECK(help.code == 0);
  for (const char* option : {"--annotations", "--images", "--val-annotations", "--val-images", "--val-share",
                             "--out", "--encoder", "--weights", "--size", "--pool", "--store-images", "--fit",
                             "--min-count", "--max-words", "--float32", "--threads", "--restart"}) {
    INFO(option);
    CHECK(help.out.find(option) != std::string::npos);
  }
}

TEST_CASE("prepare coco: the program killed with -9 at any moment goes on with the same command") {
  const Pictures pictures(150, 500);
  const std::vector<std::string> more{"--store-images", "48"};
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(pictures.run(more).code == 0);
  const std::chrono::duration<double, std::micro> whole = std::chrono::steady_clock::now() - begin;
  const std::string out = pictures.folder.file("data.h5");
  const std::string expected = read_file(out);
  fs::remove(out);
  Random random(23);
  int kills = 0;
  bool done = false;
  for (int run = 0; run < 60 && !done; ++run) {
    const pid_t child = fork();
    if (child == 0) {
      const int nowhere = open("/dev/null", O_WRONLY);
      dup2(nowhere, STDOUT_FILENO);
      std::string program = program_path("prepare");
      std::vector<std::string> arguments = pictures.arguments(more);
      std::vector<char*> argv{program.data()};
      for (auto& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      execv(program.c_str(), argv.data());
      _exit(127);
    }
    usleep(static_cast<useconds_t>(random.uniform() * 0.6 * whole.count()));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
    done = WIFEXITED(status);
    kills += !done;
  }
  CHECK(kills > 0);
  if (!done) REQUIRE(pictures.run(more).code == 0);
  CHECK((read_file(out) == expected));
  CHECK_FALSE(fs::exists(out + ".partial"));
  CHECK(leftovers(pictures.folder.path().string()).empty());
}
