// PyTorch's files as PyTorch wrote them, and damaged.
#include <filesystem>
#include <fstream>
#include <set>

#include "core/random.h"
#include "io/atomic_file.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/torch_files.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("torch files: every file has the tensors that PyTorch finds, bit for bit") {
  const auto names = good_torch_files();
  CHECK(names.size() == 18);
  for (const auto& name : names) {
    INFO(name);
    const auto weights = open_weights(torch_files + name + ".pth", torch_file_key(name));
    CHECK(difference_from_torch(*weights, name) == "");
    CHECK(weights->metadata() == std::map<std::string, std::string>{{"format", "pt"}});
  }
}

TEST_CASE("torch files: tensors may be read in any order and again") {
  const auto weights = open_weights(torch_files + "views.pth");
  const std::size_t count = weights->tensors().size();
  std::vector<std::vector<std::byte>> first;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = weights->read(i);
    first.emplace_back(bytes.begin(), bytes.end());
  }
  for (std::size_t i = count; i > 0; --i) {
    const auto bytes = weights->read(i - 1);
    CHECK(std::vector<std::byte>(bytes.begin(), bytes.end()) == first[i - 1]);
  }
}

TEST_CASE("torch files: the state dict of a checkpoint") {
  const auto names = [](const std::string& file, const std::string& key) {
    std::set<std::string> found;
    const auto weights = open_weights(torch_files + file, key);
    for (const auto& each : weights->tensors()) found.insert(each.name);
    return found;
  };
  const auto error = [&](const std::string& file, const std::string& key) {
    return error_of([&] { names(file, key); });
  };
  CHECK(names("checkpoint.pth", "model") == names("checkpoint.pth", ""));
  CHECK(names("module.pth", "") == names("plain.pth", ""));
  CHECK(names("two.pth", "teacher") == std::set<std::string>{"w"});
  CHECK(names("two.pth", "ema.shadow") == names("plain.pth", ""));
  const std::string all = "model (9 tensors), teacher (1 tensors), ema.shadow (9 tensors)";
  CHECK(lacks(error("two.pth", ""), {"two.pth has several state dicts", "--key", all}) == "");
  CHECK(lacks(error("two.pth", "ema"), {"two.pth has no state dict \"ema\"", all}) == "");
  CHECK(lacks(error("plain.pth", "model"), {"plain.pth is a state dict itself", "\"model\""}) == "");
  CHECK(lacks(error("expected.safetensors", "model"),
              {"expected.safetensors is a safetensors file", "\"model\""}) == "");
}

TEST_CASE("torch files: safetensors are found by content, and read as they are") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("weights.pth");
  std::filesystem::copy_file(torch_files + "expected.safetensors", path);
  const auto weights = open_weights(path);
  const SafetensorsReader reader(path);
  CHECK(weights->metadata() == reader.metadata());
  CHECK(weights->tensors().size() == reader.names().size());
  for (std::size_t i = 0; i < weights->tensors().size(); ++i) {
    const StoredTensor& each = weights->tensors()[i];
    std::vector<std::byte> expected(each.bytes());
    reader.read_bytes(each.name, expected.data());
    const auto bytes = weights->read(i);
    CHECK(std::vector<std::byte>(bytes.begin(), bytes.end()) == expected);
  }
  CHECK(lacks(error_of([&] { open_weights(folder.file("none")); }), {"none", "No such file"}) == "");
  CHECK(lacks(error_of([&] { open_weights(folder.path().string()); }), {"is a directory"}) == "");
}

TEST_CASE("torch files: a good file with bytes changed or cut off never crashes") {
  const TemporaryDirectory folder;
  Random random(5);
  const auto below = [&](std::size_t count) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(count)));
  };
  int read = 0, refused = 0;
  for (const auto& name : good_torch_files()) {
    const std::string good = read_file(torch_files + name + ".pth");
    // Zip's checksums find nearly every change; the older format has none, so the pickle machine gets them
    // all.
    const int variants = good.starts_with("PK") ? 150 : 1000;
    for (int i = 0; i < variants; ++i) {
      std::string bad = good;
      if (i % 4 == 0) bad.resize(below(good.size()));
      // The pickle is at the beginning of the file.
      const std::size_t reach = i % 2 == 0 ? bad.size() : std::min<std::size_t>(bad.size(), 1200);
      for (std::size_t changes = i % 4 == 0 ? 0 : 1 + below(3); changes > 0; --changes)
        bad[below(reach)] = static_cast<char>(random.below(256));
      // A name of its own: writing over a file waits for the disk on some file systems.
      const std::string path = folder.file(fmt::format("bad{}.pth", read + refused));
      std::ofstream(path, std::ios::binary) << bad;
      // Anything but a dlcore::Error would escape and fail the test.
      const std::string message = error_of([&] { read_everything(path, torch_file_key(name)); });
      ++(message == "no error" ? read : refused);
      if (message != "no error") {
        INFO(name << " " << i);
        CHECK(lacks(message, {path}) == "");
      }
      std::filesystem::remove(path);
    }
  }
  CHECK(read > 300);
  CHECK(refused > 3000);
}
