// Every kept input of the fuzz targets is accepted, or refused in due form, and in little memory.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/catch.h"
#include "tests/fuzz/peak_memory.h"
#include "tests/fuzz/targets.h"
#include "tests/sanitized.h"

using namespace dlcore;
namespace fs = std::filesystem;

namespace {

const fs::path corpus = DLCORE_TEST_SOURCE "/tests/fuzz/corpus";

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("fuzz: every kept input is accepted, or refused in due form") {
  for (const auto& target : fuzz::targets()) {
    std::set<fs::path> inputs;
    for (const auto& entry : fs::directory_iterator(corpus / target.name)) inputs.insert(entry.path());
    CHECK(inputs.size() >= 3);
    for (const fs::path& input : inputs) {
      INFO(target.name << ": " << input.filename().string());
      const std::string bytes = contents(input);
      test::forget_peak();
      const long before = test::peak_mib();
      CHECK_NOTHROW(target.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
      // The readers' own bound is 64 MiB beyond what is stored; the first input starts a model and threads.
      if (!test::sanitized) CHECK(test::peak_mib() - before <= 192);
    }
  }
}

TEST_CASE("fuzz: the kept inputs are few and small") {
  std::uintmax_t all = 0;
  for (const auto& target : fuzz::targets()) {
    std::uintmax_t bytes = 0, files = 0;
    for (const auto& entry : fs::directory_iterator(corpus / target.name)) {
      bytes += entry.file_size();
      ++files;
    }
    INFO(target.name);
    CHECK(files <= 64);
    CHECK(bytes <= 200 << 10);
    all += bytes;
  }
  CHECK(all < 1 << 20);
}
