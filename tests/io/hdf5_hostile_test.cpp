// HDF5 files that claim more than they have, or lead into other files.
#include <hdf5.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "io/hdf5.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// A file with a dataset "data" of this type, shape and layout, without values.
void write_empty(const std::string& path, hid_t type, const std::vector<hsize_t>& shape, hid_t layout) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const std::vector<hsize_t> most(shape.size(), H5S_UNLIMITED);
  const bool grows = H5Pget_layout(layout) == H5D_CHUNKED;
  const hid_t space =
      H5Screate_simple(static_cast<int>(shape.size()), shape.data(), grows ? most.data() : nullptr);
  const hid_t data = H5Dcreate2(file, "data", type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  REQUIRE(data >= 0);
  H5Dclose(data);
  H5Sclose(space);
  H5Pclose(layout);
  H5Fclose(file);
}

hid_t chunks(const std::vector<hsize_t>& sizes) {
  const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(layout, static_cast<int>(sizes.size()), sizes.data());
  return layout;
}

std::string error_in(const std::string& path, const std::function<void(const Hdf5Dataset&)>& read) {
  return error_of([&] { read(Hdf5File::open(path).dataset("data")); });
}

void read_text(const Hdf5Dataset& data) {
  data.read_text();
}
void read_int64(const Hdf5Dataset& data) {
  data.read_int64();
}

}  // namespace

TEST_CASE("HDF5: a few bytes that claim gigabytes are refused before memory is taken") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  const hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, 3'000'000'000);
  write_empty(path, text, {1}, chunks({1}));
  CHECK(lacks(error_in(path, read_text), {"data", "claims", "only 0 bytes"}) == "");
  H5Tclose(text);
  // As many bytes as numbers, which would be eight times as many in memory.
  write_empty(path, H5T_STD_I8LE, {100'000'000}, chunks({1000}));
  CHECK(lacks(error_in(path, read_int64), {"data", "claims a shape of [100000000]", "only 0 bytes"}) == "");
  // The library unpacks whole chunks.
  write_empty(path, H5T_STD_I32LE, {2, 2}, chunks({1 << 15, 1 << 13}));
  CHECK(lacks(error_in(path, read_int64), {"data", "claims chunks of [32768, 8192]", "only 0 bytes"}) == "");
}

TEST_CASE("HDF5: text of varying length that is one and the same in the file") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  std::vector<std::string> texts(100'000);
  texts[0] = std::string(1000, 'x');
  write_varying_text(path, texts);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT),
              data = H5Dopen2(file, "text", H5P_DEFAULT);
  const auto begin = static_cast<std::streamoff>(H5Dget_offset(data));
  H5Dclose(data);
  H5Fclose(file);
  std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string reference(16, '\0');
  bytes.seekg(begin);
  bytes.read(reference.data(), 16);
  bytes.seekp(begin);
  for (std::size_t i = 0; i < texts.size(); ++i) bytes.write(reference.data(), 16);
  bytes.close();
  CHECK(lacks(error_of([&] { Hdf5File::open(path).dataset("text").read_text(); }),
              {"text", "claims 100000000 bytes of text, more than 67108864"}) == "");
}

// The library would copy as much as the heap has to where there is room for what the reference says.
TEST_CASE("HDF5: text of varying length whose references are damaged") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  const auto patched = [&](std::size_t at, const std::string& by) {
    write_varying_text(path, {"one", "", "another"});
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT),
                data = H5Dopen2(file, "text", H5P_DEFAULT);
    const auto begin = static_cast<std::streamoff>(H5Dget_offset(data));
    H5Dclose(data);
    H5Fclose(file);
    std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(begin + static_cast<std::streamoff>(at));
    bytes.write(by.data(), static_cast<std::streamsize>(by.size()));
    bytes.close();
    std::vector<std::string> texts;
    const std::string error = error_of([&] { texts = Hdf5File::open(path).dataset("text").read_text(); });
    if (texts.size() == 3) CHECK(texts[0] + texts[1] + texts[2] == "oneanother");
    return error;
  };
  CHECK(patched(0, std::string("\3\0\0\0", 4)) == "no error");  // as it was
  for (const std::string& length : {std::string("\2\0\0\0", 4), std::string("\4\0\0\0", 4),
                                    std::string(4, '\0'), std::string("\xff\xff\xff\xff")})
    CHECK(lacks(patched(0, length), {"cannot read dataset text", "text 0 should have", "no such text"}) ==
          "");
  CHECK(lacks(patched(32, std::string("\3\0\0\0", 4)), {"text 2 should have 3 bytes"}) == "");
  for (const std::string& address : {std::string(8, '\xff'), std::string("\1\0\0\0\0\0\0\0", 8)})
    CHECK(lacks(patched(4, address), {"text 0 should have 3 bytes", "no such text"}) == "");
  CHECK(lacks(patched(12, std::string("\x77\0\0\0", 4)), {"text 0 should have 3 bytes", "no such text"}) ==
        "");
}

TEST_CASE("HDF5: links into other files, and data in them, are not followed") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5"), pipe = folder.file("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);  // who opens it waits forever
  hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(layout, pipe.c_str(), 0, H5F_UNLIMITED);
  write_empty(path, H5T_STD_I32LE, {4}, layout);
  CHECK(lacks(error_in(path, read_int64), {"data", "a.h5", "data in other files"}) == "");

  layout = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t four = 4;
  const hid_t space = H5Screate_simple(1, &four, nullptr);
  H5Pset_virtual(layout, space, pipe.c_str(), "data", space);
  H5Sclose(space);
  write_empty(path, H5T_STD_I32LE, {4}, layout);
  CHECK(lacks(error_in(path, read_int64), {"data", "a.h5", "data in other files"}) == "");

  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external(pipe.c_str(), "/", file, "away", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("away/data", file, "data", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  CHECK(lacks(error_in(path, read_int64), {"data", "a link into another file"}) == "");
  CHECK(lacks(error_of([&] { Hdf5File::open(path).dataset("away/data"); }),
              {"away", "a link into another file"}) == "");
  CHECK(lacks(error_of([&] { Hdf5File::open(path).contains("away"); }),
              {"away", "a link into another file"}) == "");
}
