// dlcore_train and what may happen to it: signals, kill -9, a full disk, damaged files, a second run beside
// it.
#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "core/random.h"
#include "core/stopwatch.h"
#include "io/atomic_file.h"
#include "models/checkpoint.h"
#include "tests/catch.h"
#include "tests/models/data_fixture.h"
#include "tests/models/interrupted_fixture.h"
#include "tests/sanitized.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

/// A small data file and a configuration for it.
struct Trained {
  explicit Trained(const std::string& more = "") {
    TinyData{.train_images = 120}.write(folder.file("tiny.h5"));
    write_file_atomically(
        folder.file("config.yaml"),
        "model: {wordvec_dim: 16, hidden_dim: 32, dropout: 0.2}\ndata:\n  root: " + folder.path().string() +
            "\n  file: tiny.h5\n"
            "train: {epochs: 5, batch: 10, caption_images: 6, average: 0.9, "
            "checkpoint_every: 7, out: run" +
            more + "}\n");
  }
  std::vector<std::string> arguments(const std::string& out, const std::vector<std::string>& more) const {
    std::vector<std::string> all{folder.file("config.yaml"), "--device", "cpu", "--out", out};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProgramResult train(const std::string& out, const std::vector<std::string>& more = {}) const {
    return run_program("train", arguments(out, more));
  }
  /// Of a run in one go.
  RunResult whole() const {
    const std::string out = folder.file("whole/run");
    if (!fs::exists(out)) {
      const ProgramResult result = train(out);
      INFO(result.err);
      REQUIRE(result.code == 0);
    }
    RunResult result = result_of(out);
    return result;
  }
  /// As result_of, with the configuration's paths as if it had been the other.
  void check_equal(const std::string& out) const {
    RunResult a = whole(), b = result_of(out);
    for (RunResult* one : {&a, &b}) {
      one->page.erase("configuration");  // it has train.out
      std::erase_if(one->events, [](const std::string& event) {
        return event.find(" configuration ") != std::string::npos;
      });
    }
    CHECK(difference(a, b) == "");
  }
  std::string out() const { return folder.file("other/run"); }

  TemporaryDirectory folder;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Waits until the program has written a checkpoint of step `least` or later.
void wait_for_checkpoint(ChildProgram& program, const std::string& out, std::int64_t least = 1) {
  const Stopwatch watch;
  const auto is_there = [&] {
    return std::ranges::any_of(checkpoint_files(out), [&](const std::string& path) {
      return std::atoll(path.c_str() + path.rfind('_') + 1) >= least;
    });
  };
  while (!is_there() && program.running() && watch.seconds() < 120)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

int kills_wanted() {
  const char* wanted = std::getenv("DLCORE_TEST_KILLS");
  return wanted == nullptr ? 5 : std::atoi(wanted);
}

}  // namespace

TEST_CASE("train: a signal ends the step, leaves a checkpoint, and --resume goes on") {
  const Trained trained;
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string out = trained.folder.file(fmt::format("signal{}/run", signal));
    ChildProgram program("train", trained.arguments(out, {}));
    wait_for_checkpoint(program, out, 10);
    program.signal(signal);
    const ProgramResult stopped = program.wait();
    INFO(stopped.out << stopped.err);
    REQUIRE(stopped.code == 128 + signal);
    CHECK(contains(stopped.out, signal == SIGINT ? "stopped by SIGINT" : "stopped by SIGTERM"));
    CHECK(contains(stopped.out, "--resume"));
    CHECK(stopped.err.empty());
    const ProgramResult rest = trained.train(out, {"--resume"});
    INFO(rest.out << rest.err);
    REQUIRE(rest.code == 0);
    CHECK(contains(rest.out, "going on from " + out + "/checkpoint_"));
    CHECK_FALSE(contains(rest.out, "initial loss"));
    trained.check_equal(out);
  }
}

TEST_CASE("train: a second signal ends it at once") {
  const Trained trained;
  const std::string out = trained.out();
  ChildProgram program("train", trained.arguments(out, {"--set", "train.epochs=100000"}));
  wait_for_checkpoint(program, out);
  program.signal(SIGTERM);
  program.signal(SIGINT);
  const ProgramResult result = program.wait();
  CHECK((result.code == 128 + SIGINT || result.code == 128 + SIGTERM));
  CHECK_FALSE(newest_checkpoint(out, {}).path().empty());
}

TEST_CASE("train: killed at any moment, it goes on to the same result") {
  const Trained trained;
  const Stopwatch watch;
  trained.whole();
  const double seconds = watch.seconds();
  Random random(static_cast<std::uint64_t>(kills_wanted()));
  int kills = 0, runs = 0;
  while (kills < kills_wanted()) {
    const std::string out = trained.folder.file(fmt::format("killed{}/run", ++runs));
    for (;;) {
      const bool goes_on = !checkpoint_files(out).empty();
      ChildProgram program("train", trained.arguments(out, {goes_on ? "--resume" : "--overwrite"}));
      const double moment = kills < kills_wanted() ? random.uniform() * seconds : 1e9;
      const Stopwatch started;
      while (program.running() && started.seconds() < moment)
        std::this_thread::sleep_for(std::chrono::microseconds(300));
      if (program.running()) {
        program.signal(SIGKILL);
        ++kills;
        program.wait();
        continue;
      }
      const ProgramResult ended = program.wait();
      INFO(ended.out << ended.err);
      REQUIRE(ended.code == 0);
      break;
    }
    trained.check_equal(out);
    for (const auto& entry : fs::directory_iterator(out)) CHECK(entry.path().extension() != ".tmp");
    fs::remove_all(out);
  }
}

TEST_CASE("train: a damaged checkpoint is said to be, and the one before is taken") {
  const Trained trained;
  const std::string out = trained.out();
  for (const bool cut : {true, false}) {
    ChildProgram program("train", trained.arguments(out, {"--overwrite"}));
    wait_for_checkpoint(program, out, 20);
    program.signal(SIGTERM);
    REQUIRE(program.wait().code == 128 + SIGTERM);
    const std::vector<std::string> files = checkpoint_files(out);
    REQUIRE(files.size() == 2);
    std::string bytes = read_file(files[0]);
    if (cut)
      bytes.resize(bytes.size() / 2);
    else
      bytes[bytes.size() / 2] ^= 1;
    write_file_atomically(files[0], bytes);
    const ProgramResult rest = trained.train(out, {"--resume"});
    INFO(rest.out << rest.err);
    REQUIRE(rest.code == 0);
    CHECK(contains(rest.out, "WARNING: "));
    CHECK(contains(rest.out, files[0]));
    CHECK(contains(rest.out, "going on from the checkpoint before"));
    CHECK(contains(rest.out, "going on from " + files[1]));
    trained.check_equal(out);
  }
}

TEST_CASE("train: --resume where nothing is to be resumed") {
  const Trained trained;
  const std::string out = trained.out();
  CHECK(not_refused("train", trained.train(out, {"--resume"}), {"no run in " + out}) == "");
  CHECK_FALSE(fs::exists(out));
  fs::create_directories(out);
  CHECK(not_refused("train", trained.train(out, {"--resume"}),
                    {"no checkpoint in " + out, "without --resume"}) == "");
  CHECK(trained.train(out, {"--resume", "--overwrite"}).code > 1);  // one excludes the other

  REQUIRE(trained.train(out).code == 0);
  const std::string model = read_file(out + "/model.safetensors"), csv = read_file(out + "/metrics.csv");
  const ProgramResult again = trained.train(out, {"--resume"});
  CHECK(again.code == 0);
  CHECK(contains(again.out, "the run in " + out + " was finished after epoch 5"));
  CHECK(contains(again.out, "best loss"));
  CHECK((read_file(out + "/model.safetensors") == model));
  CHECK(read_file(out + "/metrics.csv") == csv);
}

TEST_CASE("train: --resume with other settings or other data is refused") {
  const Trained trained;
  const std::string out = trained.out();
  REQUIRE(trained.train(out, {"--set", "train.epochs=2"}).code == 0);
  const auto refused = [&](const std::vector<std::string>& more, const std::vector<std::string>& parts) {
    std::vector<std::string> all{"--resume"};
    all.insert(all.end(), more.begin(), more.end());
    CHECK(not_refused("train", trained.train(out, all), parts) == "");
  };
  refused({"--set", "train.batch=11", "--set", "model.dropout=0.3"},
          {"train.batch was 10 and is now 11", "model.dropout was 0.2 and is now 0.3"});
  const std::string data = trained.folder.file("tiny.h5"), bytes = read_file(data);
  std::string changed = bytes;
  changed[changed.size() - 100] ^= 1;
  write_file_atomically(data, changed);
  refused({}, {"data.file " + data, "its contents have changed"});
  write_file_atomically(data, bytes.substr(0, bytes.size() - 200));
  refused({},
          {"data.file " + data, fmt::format("had {} bytes and has {}", bytes.size(), bytes.size() - 200)});
  write_file_atomically(data, bytes);
  REQUIRE(trained.train(out, {"--resume"}).code == 0);  // with the five epochs of the file
  trained.check_equal(out);
}

TEST_CASE("train: two runs in one folder") {
  const Trained trained;
  const std::string out = trained.out();
  ChildProgram first("train", trained.arguments(out, {"--set", "train.epochs=100000"}));
  wait_for_checkpoint(first, out);
  for (const std::string option : {"--overwrite", "--resume"})
    CHECK(not_refused("train", trained.train(out, {option}), {out + " is in use", "another dlcore_train"}) ==
          "");
  CHECK(first.running());
  first.signal(SIGTERM);
  CHECK(first.wait().code == 128 + SIGTERM);
}

TEST_CASE("train: its folder is removed while it trains") {
  const Trained trained;
  const std::string out = trained.out();
  ChildProgram program("train", trained.arguments(out, {"--set", "train.epochs=100000"}));
  wait_for_checkpoint(program, out);
  fs::rename(out, out + "_gone");
  fs::remove_all(out + "_gone");
  CHECK(not_refused("train", program.wait(), {"cannot write " + out, "No such file"}) == "");
  CHECK_FALSE(fs::exists(out));
}

TEST_CASE("train: a file may not become as large as a checkpoint") {
  const Trained trained;
  const std::string out = trained.out();
  ChildProgram program("train", trained.arguments(out, {}));
  wait_for_checkpoint(program, out, 14);
  const rlimit limit{20000, 20000};
  REQUIRE(prlimit(program.process(), RLIMIT_FSIZE, &limit, nullptr) == 0);
  CHECK(not_refused("train", program.wait(), {"cannot write " + out, "File too large"}) == "");
  for (const auto& entry : fs::directory_iterator(out)) CHECK(entry.path().extension() != ".tmp");
  REQUIRE(trained.train(out, {"--resume"}).code == 0);
  trained.check_equal(out);
}

TEST_CASE("train: the disk is full") {
  const Trained trained;
  const std::string disk = trained.folder.file("disk");
  fs::create_directories(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=150k") != 0)
    DLCORE_SKIP("no file system can be mounted here; that of too large a file stands for it");
  const std::string out = disk + "/run";
  const ProgramResult full = trained.train(out);
  const std::string problem = not_refused("train", full, {"cannot write " + out, "No space left"});
  const bool remounted = mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0;
  const ProgramResult rest = trained.train(out, {checkpoint_files(out).empty() ? "--overwrite" : "--resume"});
  if (rest.code == 0) trained.check_equal(out);
  umount(disk.c_str());
  CHECK(problem == "");
  CHECK(remounted);
  CHECK(rest.code == 0);
}

TEST_CASE("train: more memory than there is") {
  if (sanitized) DLCORE_SKIP("a sanitizer takes terabytes of addresses");
  const Trained trained;
  ChildProgram program("train", trained.arguments(trained.out(), {"--set", "model.hidden_dim=50000"}));
  const rlimit limit{rlim_t{6} << 30, rlim_t{6} << 30};
  REQUIRE(prlimit(program.process(), RLIMIT_AS, &limit, nullptr) == 0);
  CHECK(not_refused("train", program.wait(), {"memory"}) == "");
  CHECK(leftovers(trained.out()) == "");
}

TEST_CASE("train: as little memory as it may get by with, or not") {
  if (sanitized) DLCORE_SKIP("a sanitizer takes terabytes of addresses");
  const Trained trained;
  for (const rlim_t megabytes : {180, 240, 320, 400}) {  // besides its libraries, which with CUDA are 700
    INFO(megabytes);
    ChildProgram program("train", trained.arguments(trained.out(), {"--overwrite"}));
    while (program.running() && program.out().empty()) std::this_thread::yield();  // its libraries are loaded
    rlim_t pages = 0;
    std::ifstream("/proc/" + std::to_string(program.process()) + "/statm") >> pages;
    const rlim_t most = pages * static_cast<rlim_t>(getpagesize()) + (megabytes << 20);
    const rlimit limit{most, most};
    prlimit(program.process(), RLIMIT_AS, &limit, nullptr);
    const ProgramResult result = program.wait();
    INFO(result.err);
    CHECK((result.code == 0 || not_refused("train", result, {}) == ""));
  }
}
