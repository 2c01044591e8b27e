#include "io/partial_rows.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/random.h"
#include "io/atomic_file.h"
#include "io/checksum.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t features_each = 5;
constexpr std::int64_t bytes_each = 12;

std::int64_t source_size(std::int64_t item) {
  return item % 11 == 4 ? -1 : 100 + item;
}

PartialRows::Options options(Hdf5Element element = Hdf5Element::float32) {
  return {.settings = R"({"size": 224, "fit": "crop"})",
          .item_count = 1'000,
          .feature_size = features_each,
          .element = element,
          .image_bytes = bytes_each};
}

float feature(std::int64_t item, std::int64_t i) {
  return static_cast<float>(item) + static_cast<float>(i) / 8;
}

// The next items up to `end`, in batches of 4; items with item % 11 == 4 have no row.
void make(PartialRows& rows, std::int64_t end) {
  for (auto begin = static_cast<std::int64_t>(rows.items().size()); begin < end;) {
    std::vector<PartialRows::Item> items;
    std::vector<float> features;
    std::vector<std::uint8_t> pixels;
    for (; begin < end && items.size() < 4; ++begin) {
      items.push_back(
          {source_size(begin), source_size(begin) < 0 ? "missing \xFF " + std::to_string(begin) : ""});
      if (source_size(begin) < 0) continue;
      for (std::int64_t i = 0; i < features_each; ++i) features.push_back(feature(begin, i));
      pixels.insert(pixels.end(), static_cast<std::size_t>(bytes_each), static_cast<std::uint8_t>(begin));
    }
    rows.append(items, features, pixels);
  }
}

// Empty when the rows are those of make(rows, count).
std::string wrong(const PartialRows& rows, std::int64_t count) {
  if (static_cast<std::int64_t>(rows.items().size()) != count)
    return std::to_string(rows.items().size()) + " items, not " + std::to_string(count);
  std::vector<float> features(static_cast<std::size_t>(features_each));
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(bytes_each));
  std::int64_t row = 0;
  for (std::int64_t item = 0; item < count; ++item) {
    const auto& [size, problem] = rows.items()[static_cast<std::size_t>(item)];
    if (size != source_size(item)) return "size of item " + std::to_string(item);
    if (problem.empty() != (size >= 0)) return "problem of item " + std::to_string(item) + ": " + problem;
    if (!problem.empty()) continue;
    rows.read(row++, features, pixels);
    if (features[0] != feature(item, 0) || features.back() != feature(item, features_each - 1) ||
        pixels.back() != static_cast<std::uint8_t>(item))
      return "row of item " + std::to_string(item);
  }
  return row == rows.row_count() ? "" : "rows";
}

}  // namespace

TEST_CASE("partial rows: kept from run to run, and gone when published") {
  for (const Hdf5Element element : {Hdf5Element::float16, Hdf5Element::float32}) {
    const TemporaryDirectory folder;
    const std::string out = folder.file("data.h5");
    {
      PartialRows rows(out, options(element), source_size);
      make(rows, 22);
      CHECK(wrong(rows, 22) == "");
    }
    CHECK(fs::exists(out + ".partial/journal"));
    {
      PartialRows rows(out, options(element), source_size);
      CHECK(wrong(rows, 22) == "");
      make(rows, 50);
    }
    PartialRows rows(out, options(element), source_size);
    CHECK(wrong(rows, 50) == "");
    CHECK(rows.items()[4].problem.starts_with("missing "));
    write_file_atomically(rows.finished_path(), "done");
    rows.publish();
    CHECK(read_file(out) == "done");
    CHECK(folder.entries() == 1);
  }
}

TEST_CASE("partial rows: without features, without pictures, without rows") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("data.h5");
  PartialRows::Options few = options();
  few.feature_size = 0;
  {
    PartialRows rows(out, few, source_size);
    rows.append(std::vector<PartialRows::Item>{{100, ""}}, {}, std::vector<std::uint8_t>(12, 7));
  }
  {
    PartialRows rows(out, few, source_size);
    std::vector<std::uint8_t> pixels(12);
    rows.read(0, {}, pixels);
    CHECK(pixels[11] == 7);
    CHECK(lacks(error_of([&] { rows.read(1, {}, pixels); }), {"row 1", "1 rows"}) == "");
    CHECK(lacks(error_of([&] {
                  rows.append(std::vector<PartialRows::Item>{{1, ""}}, {}, {});
                }),
                {"1 rows", "0 bytes"}) == "");
  }
  // Nothing worth keeping leaves nothing behind.
  few = options();
  few.image_bytes = 0;
  { PartialRows rows(folder.file("other.h5"), few, source_size); }
  CHECK(folder.entries() == 1);
}

TEST_CASE("partial rows: other settings are refused, and --restart begins anew") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("data.h5");
  {
    PartialRows rows(out, options(), source_size);
    make(rows, 8);
  }
  PartialRows::Options other = options();
  other.settings = R"({"size": 112, "fit": "crop"})";
  const auto error = [&] { return error_of([&] { PartialRows(out, other, source_size); }); };
  CHECK(lacks(error(), {"data.h5.partial", "size was 224 and is now 112", "--restart"}) == "");
  other = options(Hdf5Element::float16);
  CHECK(lacks(error(), {"row was [20,12] and is now [10,12]"}) == "");
  other = options();
  other.settings = R"({"size": 224})";
  CHECK(lacks(error(), {"other settings"}) == "");
  other.settings = "[";
  CHECK(lacks(error(), {"not valid JSON"}) == "");
  other = options();
  CHECK(wrong(PartialRows(out, other, source_size), 8) == "");
  write_file_atomically(out + ".partial/settings.json", "{");
  CHECK(lacks(error(), {"settings.json", "not valid JSON"}) == "");
  other.restart = true;
  CHECK(PartialRows(out, other, source_size).items().empty());
}

TEST_CASE("partial rows: one process at a time") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("data.h5");
  {
    const PartialRows rows(out, options(), source_size);
    CHECK(lacks(error_of([&] { PartialRows(out, options(), source_size); }), {"data.h5.partial", "in use"}) ==
          "");
  }
  CHECK(error_of([&] { PartialRows(out, options(), source_size); }) == "no error");
}

TEST_CASE("partial rows: places where nothing can be written") {
  const TemporaryDirectory folder;
  const auto error = [](const std::string& out) {
    return error_of([&] { PartialRows(out, options(), source_size); });
  };
  CHECK(lacks(error(folder.file("none/data.h5")), {"none/data.h5.partial", "No such file"}) == "");
  CHECK(lacks(error(folder.path().string()), {"is a directory"}) == "");
  write_file_atomically(folder.file("a.h5.partial"), "");
  CHECK(lacks(error(folder.file("a.h5")), {"a.h5.partial"}) == "");
  // A link stays one: its target is written.
  fs::create_directory(folder.file("sub"));
  fs::create_symlink("sub/real.h5", folder.file("link.h5"));
  PartialRows rows(folder.file("link.h5"), options(), source_size);
  make(rows, 4);
  write_file_atomically(rows.finished_path(), "x");
  rows.publish();
  CHECK(fs::is_symlink(folder.file("link.h5")));
  CHECK(read_file(folder.file("sub/real.h5")) == "x");
}

TEST_CASE("partial rows: a source that has changed is made again, with all behind it") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("data.h5");
  {
    PartialRows rows(out, options(), source_size);
    make(rows, 20);
  }
  std::int64_t changed = 9;
  const auto size_now = [&](std::int64_t item) { return item == changed ? 5 : source_size(item); };
  PartialRows rows(out, options(), size_now);
  CHECK(wrong(rows, 8) == "");
}

TEST_CASE("partial rows: cut short or with bytes changed, what is good is kept") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("data.h5");
  {
    PartialRows rows(out, options(), source_size);
    make(rows, 40);
  }
  fs::copy(out + ".partial", folder.file("good"), fs::copy_options::recursive);
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    fs::remove_all(out + ".partial");
    fs::copy(folder.file("good"), out + ".partial", fs::copy_options::recursive);
    const std::string path =
        out + ".partial/" +
        std::vector<std::string>{"journal", "features", "images"}[static_cast<std::size_t>(i % 3)];
    std::string bytes = read_file(path);
    const auto at = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bytes.size())));
    if (i % 2 == 0)
      bytes.resize(at);
    else
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    std::ofstream(path, std::ios::binary) << bytes;
    PartialRows rows(out, options(), source_size);
    const auto kept = static_cast<std::int64_t>(rows.items().size());
    REQUIRE(kept < 40);
    REQUIRE(wrong(rows, kept) == "");
    make(rows, 40);
    REQUIRE(wrong(rows, 40) == "");
  }
}

// As append() writes it, with checksums of its own.
std::string journal_line(const std::string& batch) {
  return fmt::format(R"({{"batch":{},"sum":{}}})", batch, checksum(batch, 0x6A6F75726E616Cu)) + "\n";
}

TEST_CASE("partial rows: a journal that claims what cannot be is not believed") {
  const std::vector<std::string> batches = {
      R"({"features":0,"images":0,"items":4000000000000000000,"problems":{},"sources":0})",
      R"({"features":0,"images":0,"items":-1,"problems":{},"sources":0})",
      R"({"features":0,"images":0,"items":1000,"problems":{},"sources":0})",
      R"({"features":0,"images":0,"items":1001,"problems":{},"sources":0})",
      R"({"features":0,"images":0,"items":1,"problems":{"1":"there is no item 1"},"sources":0})",
      R"({"features":0,"images":0,"items":1,"problems":{"-0":""},"sources":0})",
      R"({"features":0,"images":0,"items":1,"problems":{"0":7},"sources":0})",
      R"({"features":0,"images":0,"items":1,"problems":["a"],"sources":"b"})",
      R"({"features":0,"images":0,"problems":{},"sources":0})",
      R"([])",
      std::string(200'000, '[') + std::string(200'000, ']'),
  };
  const auto kept_with = [](const std::string& batch) {
    const TemporaryDirectory folder;
    const std::string out = folder.file("data.h5");
    {
      PartialRows rows(out, options(), source_size);
      make(rows, 8);
    }
    std::ofstream(out + ".partial/journal", std::ios::binary | std::ios::app) << journal_line(batch);
    return PartialRows(out, options(), source_size).items().size();
  };
  for (const std::string& batch : batches) {
    CAPTURE(batch.substr(0, 200));
    CHECK(kept_with(batch) == 8);
  }
  const std::int64_t size = source_size(8);
  const std::string_view size_bytes(reinterpret_cast<const char*>(&size), sizeof size);
  CHECK(kept_with(fmt::format(
            R"({{"features":{0},"images":{0},"items":1,"problems":{{"0":"broken"}},"sources":{1}}})",
            checksum(""), checksum(size_bytes))) == 9);
}

TEST_CASE("partial rows: killed again and again while it writes") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("data.h5");
  constexpr std::int64_t total = 20000;
  Random random(5);
  std::int64_t before = 0;
  int kills = 0;
  for (int run = 0; run < 200; ++run) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        PartialRows rows(out, options(), source_size);
        make(rows, total);
      } catch (...) {
        _exit(1);
      }
      _exit(0);
    }
    usleep(static_cast<useconds_t>(2000 + random.below(30000)));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status)) {
      REQUIRE(WEXITSTATUS(status) == 0);
      break;
    }
    ++kills;
    PartialRows rows(out, options(), source_size);
    const auto kept = static_cast<std::int64_t>(rows.items().size());
    REQUIRE(kept >= before);
    REQUIRE(wrong(rows, kept) == "");
    before = kept;
  }
  CHECK(kills > 0);
  PartialRows rows(out, options(), source_size);
  make(rows, total);
  CHECK(wrong(rows, total) == "");
}
