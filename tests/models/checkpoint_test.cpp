// Checkpoint files: whole or not there, checked, the last two kept; a run's folder; the data's identity.
#include "models/checkpoint.h"

#include <filesystem>
#include <fstream>

#include "io/atomic_file.h"
#include "models/run_directory.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/models/interrupted_fixture.h"
#include "tests/models/trainer_fixture.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

struct Number {
  std::int64_t value = 0;
  Tensor tensor = Tensor::from(std::vector<float>{1, 2, 3, 4, 5}, {5});

  void state(SavedState& saved) {
    saved.value("value", value);
    saved.tensor("tensor", tensor);
  }
};

void write(const std::string& folder, std::int64_t step) {
  Number number{step};
  SavedState saved;
  saved.part("number", number);
  write_checkpoint(folder, step, {.config = {{"train.batch", "3"}}, .data = {}, .device = "cpu"}, saved);
}

std::int64_t value_in(const Checkpoint& checkpoint) {
  Number number;
  SavedState saved = checkpoint.state();
  saved.part("number", number);
  return number.value;
}

void flip_bit(const std::string& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(file.get() ^ 4);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

}  // namespace

TEST_CASE("checkpoint: the last two are kept, the newest is found, by its number") {
  const TemporaryDirectory folder;
  const std::string path = folder.path().string();
  CHECK(lacks(error_of([&] { newest_checkpoint(path, {}); }), {"no checkpoint", path, "--resume"}) == "");
  for (const std::int64_t step : {5, 9, 10, 100}) write(path, step);
  CHECK(checkpoint_files(path) ==
        std::vector{folder.file("checkpoint_100.safetensors"), folder.file("checkpoint_10.safetensors")});
  CHECK(folder.entries() == 2);
  const Checkpoint newest = newest_checkpoint(path, {});
  CHECK(value_in(newest) == 100);
  CHECK(newest.identity().config.at("train.batch") == "3");
  CHECK(newest.identity().device == "cpu");
  CHECK_FALSE(is_checkpoint("checkpoint_x.safetensors"));
  CHECK_FALSE(is_checkpoint("checkpoint_7.safetensors.12-0.tmp"));
}

TEST_CASE("checkpoint: any byte that is flipped or cut off is noticed, and the one before is taken") {
  const TemporaryDirectory folder;
  const std::string path = folder.path().string(), newest = folder.file("checkpoint_2.safetensors");
  write(path, 1);
  write(path, 2);
  const std::string good = read_file(newest);
  const auto check_damage = [&] {
    std::vector<std::string> complaints;
    const auto complain = [&](const std::string& text) { complaints.push_back(text); };
    CHECK(value_in(newest_checkpoint(path, complain)) == 1);
    REQUIRE(complaints.size() == 1);
    CHECK(lacks(complaints[0], {newest}) == "");
    write_file_atomically(newest, good);
    CHECK(value_in(newest_checkpoint(path, {})) == 2);
  };
  for (std::size_t at = 0; at < good.size(); at += 3) {
    flip_bit(newest, at);
    check_damage();
  }
  for (std::size_t size = 0; size < good.size(); size += 31) {
    fs::resize_file(newest, size);
    check_damage();
  }
  write_file_atomically(newest, good + "x");
  check_damage();
  flip_bit(newest, 40);
  flip_bit(folder.file("checkpoint_1.safetensors"), 40);
  CHECK(lacks(error_of([&] { newest_checkpoint(path, [](const std::string&) {}); }),
              {"none of the 2 checkpoints", path, "--overwrite"}) == "");
  write_safetensors(newest, {}, {}, SafetensorsWriter::Checksum::crc32c);
  CHECK(lacks(error_of([&] { Checkpoint{newest}; }), {newest, "not a dlcore checkpoint"}) == "");
}

TEST_CASE("run directory: one process at a time, and what is left of one that was killed") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("run");
  CHECK(lacks(error_of([&] { RunDirectory::continued(path); }), {"no run", path, "no such folder"}) == "");
  {
    const RunDirectory first(path, false);
    CHECK(lacks(error_of([&] { RunDirectory(path, false); }), {path, "is in use", "another dlcore_train"}) ==
          "");
    CHECK(lacks(error_of([&] { RunDirectory(path, true); }), {path, "is in use"}) == "");
    CHECK(lacks(error_of([&] { RunDirectory::continued(path); }), {path, "is in use"}) == "");
  }
  CHECK(fs::is_empty(path));
  write(path, 3);
  write_file_atomically(path + "/checkpoint_4.safetensors.99-1.tmp", "half");
  write_file_atomically(path + "/notes.tmp", "mine");
  CHECK(lacks(error_of([&] { RunDirectory(path, false); }), {"holds a run already", "--resume"}) == "");
  { const RunDirectory same = RunDirectory::continued(path); }
  CHECK_FALSE(fs::exists(path + "/checkpoint_4.safetensors.99-1.tmp"));
  CHECK(fs::exists(path + "/checkpoint_3.safetensors"));
  { const RunDirectory anew(path, true); }
  CHECK_FALSE(fs::exists(path + "/checkpoint_3.safetensors"));
  CHECK(fs::exists(path + "/notes.tmp"));
}

TEST_CASE("data identity: another size, another byte, another path") {
  const TinyDataFile file;
  const Config config = tiny_config(file.path);
  const auto then = data_identity(config);
  REQUIRE(then.size() == 1);
  CHECK(then[0].key == "data.file");
  CHECK(then[0].bytes == static_cast<std::int64_t>(fs::file_size(file.path)));

  const std::string moved = file.folder.file("moved.h5");
  fs::copy_file(file.path, moved);
  require_same_data(then, data_identity(tiny_config(moved)));
  for (const std::uintmax_t at : {std::uintmax_t{0}, fs::file_size(moved) / 2, fs::file_size(moved) - 1}) {
    flip_bit(moved, at);
    CHECK(lacks(error_of([&] { require_same_data(then, data_identity(tiny_config(moved))); }),
                {"data.file", moved, "contents have changed"}) == "");
    flip_bit(moved, at);
  }
  fs::resize_file(moved, fs::file_size(moved) - 1);
  CHECK(lacks(error_of([&] { require_same_data(then, data_identity(tiny_config(moved))); }),
              {"data.file", moved, "it had", "bytes and has"}) == "");
  CHECK(lacks(error_of([&] { require_same_data(then, {}); }), {"data.file is empty"}) == "");
  CHECK(lacks(error_of([&] { require_same_data({}, then); }), {"data.file", "was not part"}) == "");
}
