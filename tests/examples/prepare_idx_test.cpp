#include "tools/examples/prepare_idx.h"

#include <zlib.h>

#include "io/atomic_file.h"
#include "io/example_data.h"
#include "io/idx_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::string idx(const std::vector<std::uint32_t>& sizes, const std::string& values) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(size >> shift & 255));
  return bytes + values;
}

std::string counted(std::size_t n) {
  std::string bytes;
  for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

void write_gzip(const std::string& path, const std::string& bytes) {
  gzFile_s* const file = gzopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

// Ten pictures of 2 x 3 pixels to train on, four to validate on.
struct Files {
  TemporaryDirectory folder;
  std::string images = idx({10, 2, 3}, counted(60));
  std::string labels = idx({10}, std::string("\0\1\2\0\1\2\0\1\2\3", 10));
  std::string val_images = idx({4, 2, 3}, counted(24));
  std::string val_labels = idx({4}, std::string("\3\2\1\4", 4));

  IdxOptions options(bool with_val = true) const {
    write_file_atomically(folder.file("images"), images);
    write_file_atomically(folder.file("labels"), labels);
    write_file_atomically(folder.file("val-images"), val_images);
    write_file_atomically(folder.file("val-labels"), val_labels);
    IdxOptions options{.images = folder.file("images"),
                       .labels = folder.file("labels"),
                       .val_images = {},
                       .val_labels = {},
                       .out = folder.file("out.h5")};
    if (with_val) {
      options.val_images = folder.file("val-images");
      options.val_labels = folder.file("val-labels");
    }
    return options;
  }
  std::string error() const {
    const IdxOptions wanted = options();
    const std::string message = error_of([&] { prepare_idx(wanted); });
    CHECK(folder.entries() == 4);  // nothing half-written
    return message;
  }
};

}  // namespace

TEST_CASE("idx: pictures and labels, as they are and gzip'd") {
  const Files files;
  const IdxOptions options = files.options();
  const ExampleReport report = prepare_idx(options);
  CHECK(describe(report, "o.h5") ==
        "o.h5: pictures of 2 x 3 x 1 bytes, 5 classes, 10 for train, 4 for val\n");
  {
    const ExampleData data = ExampleData::open(options.out);
    CHECK(data.input_shape() == Shape{2, 3, 1});
    CHECK(data.classes() == 5);
    CHECK(data.split("train").labels == std::vector<std::int32_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 3});
    CHECK(data.split("val").labels == std::vector<std::int32_t>{3, 2, 1, 4});
    std::vector<float> row(6);
    data.split("train").inputs.read(std::vector<std::int64_t>{9}, row.data());
    for (std::size_t i = 0; i < 6; ++i) CHECK(row[i] == static_cast<float>(54 + i) / 255.0f);
  }
  const std::string plain = read_file(options.out);
  write_gzip(options.images, files.images);
  write_gzip(options.labels, files.labels);
  prepare_idx(options);
  CHECK(read_file(options.out) == plain);
}

TEST_CASE("idx: colours, and a share for validation") {
  Files files;
  files.images = idx({10, 2, 1, 3}, counted(60));
  IdxOptions options = files.options(false);
  options.val_share = 0.3;
  const ExampleReport report = prepare_idx(options);
  CHECK(report.notes.size() == 1);
  const ExampleData data = ExampleData::open(options.out);
  CHECK(data.input_shape() == Shape{2, 1, 3});
  CHECK(data.split("train").count() == 7);
  CHECK(data.split("val").labels.size() == 3);  // one of each class that has several
}

TEST_CASE("idx: files that are no such files, truncated, too long or damaged") {
  Files files;
  const std::string whole = files.images;
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}}) {
    files.images = whole.substr(0, size);
    CHECK(lacks(files.error(), {"images is no IDX file"}) == "");
  }
  files.images = "\x89PNG and so on";
  CHECK(lacks(files.error(), {"images is no IDX file"}) == "");
  files.images = whole.substr(0, 13);
  CHECK(lacks(files.error(), {"images is truncated", "3 extents"}) == "");
  files.images = whole.substr(0, whole.size() - 1);
  CHECK(lacks(files.error(), {"images is truncated", "[10, 2, 3]", "60 bytes", "59"}) == "");
  files.images = whole + "x";
  CHECK(lacks(files.error(), {"images is longer", "60 bytes"}) == "");
  files.images = whole;
  files.images[2] = '\x0d';
  CHECK(lacks(files.error(), {"images", "type 0x0d", "only bytes"}) == "");
  files.images = idx({0xffffffffu, 0xffffffffu, 2}, "");
  CHECK(lacks(files.error(), {"images claims more than"}) == "");
  files.images = idx({1000, 1000, 1000}, "abc");  // no memory is taken for what is not there
  CHECK(lacks(files.error(), {"images is truncated", "there are 3"}) == "");

  const TemporaryDirectory folder;
  write_gzip(folder.file("a.gz"), whole);
  std::string packed = read_file(folder.file("a.gz"));
  write_file_atomically(folder.file("cut.gz"), packed.substr(0, packed.size() - 9));
  CHECK(lacks(error_of([&] { read_idx(folder.file("cut.gz")); }), {"cut.gz"}) == "");
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // of the checksum
  write_file_atomically(folder.file("bad.gz"), packed);
  CHECK(lacks(error_of([&] { read_idx(folder.file("bad.gz")); }), {"cannot unpack", "bad.gz"}) == "");
  CHECK(lacks(error_of([&] { read_idx(folder.file("none")); }), {"none"}) == "");
}

TEST_CASE("idx: labels and images that do not belong together") {
  Files files;
  std::swap(files.images, files.labels);
  CHECK(lacks(files.error(), {"exchanged", "images has the shape [10]", "labels has [10, 2, 3]"}) == "");
  std::swap(files.images, files.labels);
  files.labels = idx({9}, counted(9));
  CHECK(lacks(files.error(), {"images has 10 pictures", "labels has 9 labels"}) == "");
  files.labels = files.images;
  CHECK(lacks(files.error(), {"labels should hold labels", "[10, 2, 3]"}) == "");
  files.labels = files.images = idx({10}, counted(10));
  CHECK(lacks(files.error(), {"images should hold pictures", "[10]"}) == "");
  Files other;
  other.val_images = idx({4, 3, 2}, counted(24));
  CHECK(lacks(other.error(), {"val-images", "[3, 2, 1]", "[2, 3, 1]"}) == "");
  Files none;
  none.images = idx({0, 2, 3}, "");
  none.labels = idx({0}, "");
  CHECK(lacks(none.error(), {"images has no pictures"}) == "");
  IdxOptions half = none.options();
  half.val_labels = "";
  CHECK(lacks(error_of([&] { prepare_idx(half); }), {"--val-labels is missing"}) == "");
}
