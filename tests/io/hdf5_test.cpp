#include "io/hdf5.h"

#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("HDF5: datasets and attributes come back as they were written") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  {
    Hdf5File file = Hdf5File::create(path);
    file.set_text_attribute("note", "größer als 1");
    file.set_text_attribute("note",
                            std::string(200'000, 'x') + "é");  // replaced; longer than an object header
    Hdf5Dataset integers = file.create_dataset("group/deep/integers", Hdf5Element::int32, Shape{3}, 2);
    integers.append(std::vector<std::int32_t>{1, 2, 3});
    integers.append(std::vector<std::int32_t>{4, 5, 6, 7, 8, -9});
    integers.set_text_attribute("unit", "");
    file.create_dataset("longs", Hdf5Element::int64, Shape{}, 4)
        .append(std::vector<std::int64_t>{std::int64_t{1} << 40, -1});
    file.create_dataset("halves", Hdf5Element::float16, Shape{2}, 1)
        .append(std::vector<float>{1, -2.5f, 0, 1e-7f});
    file.create_dataset("floats", Hdf5Element::float32, Shape{1, 2}, 1)
        .append(std::vector<float>{1e30f, 0.1f});
    file.write_text("group/texts", {"a", "", "zwölf", std::string(5000, 'q')});
    file.write_text("no texts", {});
    file.flush();
  }
  const Hdf5File file = Hdf5File::open(path);
  CHECK(file.text_attribute("note")->size() == 200'002);
  CHECK_FALSE(file.text_attribute("nothing").has_value());
  CHECK(file.contains("group/deep"));
  CHECK_FALSE(file.contains("group/deeper/integers"));
  CHECK(file.dataset_names() == std::vector<std::string>{"floats", "group/deep/integers", "group/texts",
                                                         "halves", "longs", "no texts"});
  const Hdf5Dataset integers = file.dataset("group/deep/integers");
  CHECK(integers.shape() == Shape{3, 3});
  CHECK(integers.chunk_rows() == 2);
  CHECK(integers.type().name == "int32");
  CHECK(integers.text_attribute("unit") == "");
  CHECK(integers.read_int32() == std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8, -9});
  CHECK(integers.read_int64() == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, -9});
  CHECK(file.dataset("longs").read_int64() == std::vector<std::int64_t>{std::int64_t{1} << 40, -1});
  CHECK(file.dataset("halves").type().name == "float16");
  CHECK(file.dataset("halves").read_float() == std::vector<float>{1, -2.5f, 0, 0x1p-23f});
  CHECK(file.dataset("no texts").read_text().empty());
  CHECK(file.dataset("floats").shape() == Shape{1, 1, 2});
  CHECK(file.dataset("floats").read_float() == std::vector<float>{1e30f, 0.1f});
  CHECK(file.dataset("group/texts").read_text() ==
        std::vector<std::string>{"a", "", "zwölf", std::string(5000, 'q')});
}

TEST_CASE("HDF5: text of varying length, as h5py writes it") {
  const TemporaryDirectory folder;
  const std::vector<std::string> texts{"a b", "", "größer", std::string(3000, 'x')};
  write_varying_text(folder.file("t.h5"), texts);
  CHECK(Hdf5File::open(folder.file("t.h5")).dataset("text").read_text() == texts);
  CHECK(Hdf5File::open(folder.file("t.h5")).text_attribute("note") == texts[3]);
}

TEST_CASE("HDF5: fixed-length text loses its padding") {
  const TemporaryDirectory folder;
  for (const bool spaces : {false, true}) {
    write_fixed_text(folder.file("t.h5"), {"a b", "", "full!"}, 5, spaces);
    CHECK(Hdf5File::open(folder.file("t.h5")).dataset("text").read_text() ==
          std::vector<std::string>{"a b", "", "full!"});
  }
}

TEST_CASE("HDF5: a file that is missing, no file, no HDF5 or truncated") {
  const TemporaryDirectory folder;
  const auto error = [&](const std::string& name) {
    return error_of([&] { Hdf5File::open(folder.file(name)).dataset("x").read_int32(); });
  };
  CHECK(lacks(error("none.h5"), {"none.h5", "No such file"}) == "");
  CHECK(lacks(error_of([] { Hdf5File::open(""); }), {"cannot open"}) == "");
  CHECK(lacks(error_of([&] { Hdf5File::open(folder.path().string()); }), {"is a directory"}) == "");
  REQUIRE(mkfifo(folder.file("pipe.h5").c_str(), 0600) == 0);
  CHECK(lacks(error("pipe.h5"), {"pipe.h5", "not a regular file"}) == "");

  write_file_atomically(folder.file("text.h5"), std::string(4000, 'a'));
  CHECK(lacks(error("text.h5"), {"text.h5 is not an HDF5 file"}) == "");
  write_file_atomically(folder.file("empty.h5"), "");
  CHECK(lacks(error("empty.h5"), {"empty.h5 is not an HDF5 file"}) == "");

  write_odd_hdf5(folder.file("x.h5"), {{"x", OddType::int32, {5000}, std::vector<double>(5000, 3)}});
  const auto whole = std::filesystem::file_size(folder.file("x.h5"));
  for (const std::uintmax_t size : {whole - 1, whole / 2, std::uintmax_t{600}, std::uintmax_t{100}}) {
    std::filesystem::copy_file(folder.file("x.h5"), folder.file("cut.h5"),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(folder.file("cut.h5"), size);
    CHECK(lacks(error("cut.h5"), {"cut.h5 is truncated"}) == "");
  }
}

TEST_CASE("HDF5: a dataset that is missing, of the wrong type, or no dataset") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  write_odd_hdf5(path, {{"big", OddType::int64, {2, 2}, {1, 2, 3, 1e12}},
                        {"huge", OddType::uint64, {1}, {1.5e19}},
                        {"tiny", OddType::int8, {3}, {-1, 0, 1}},
                        {"real", OddType::float64, {2}, {0.5, 2}}});
  const Hdf5File file = Hdf5File::open(path);
  CHECK(lacks(error_of([&] { file.dataset("captions"); }),
              {"a.h5 has no dataset captions", "big, huge, real, tiny"}) == "");
  CHECK(lacks(error_of([&] { file.dataset("real/inner"); }), {"a.h5", "real/inner"}) == "");
  CHECK(file.dataset("tiny").read_int32() == std::vector<std::int32_t>{-1, 0, 1});
  CHECK(file.dataset("real").read_float() == std::vector<float>{0.5f, 2});
  CHECK(lacks(error_of([&] { file.dataset("real").read_int32(); }),
              {"dataset real of", "a.h5", "should hold integers", "float64"}) == "");
  CHECK(lacks(error_of([&] { file.dataset("tiny").read_float(); }),
              {"dataset tiny", "should hold floating", "int8"}) == "");
  CHECK(lacks(error_of([&] { file.dataset("tiny").read_text(); }), {"should hold text", "int8"}) == "");
  CHECK(lacks(error_of([&] { file.dataset("big").read_int32(); }), {"big", "1000000000000", "[1, 1]"}) == "");
  CHECK(lacks(error_of([&] { file.dataset("huge").read_int64(); }), {"huge", "beyond 64 bits"}) == "");
  float one = 0;
  CHECK(lacks(error_of([&] { file.dataset("real").read_rows(1, 2, &one); }),
              {"rows 1 to 2", "real", "[2]"}) == "");
  CHECK(lacks(error_of([&] { file.dataset("real").read_rows(-1, 1, &one); }), {"outside", "real"}) == "");

  write_claims(folder.file("b.h5"), {std::uint64_t{1} << 40, 1000});
  const Hdf5File claims = Hdf5File::open(folder.file("b.h5"));
  CHECK(lacks(error_of([&] { claims.dataset("integers").read_int32(); }),
              {"integers", "claims", "only 0 bytes"}) == "");
  CHECK(lacks(error_of([&] { claims.dataset("floats").read_float(); }), {"floats", "claims"}) == "");
  CHECK(lacks(error_of([&] { claims.dataset("group"); }), {"group", "no dataset", "floats"}) == "");
  CHECK(lacks(error_of([&] { claims.dataset("compound").read_int32(); }), {"compound"}) == "");
  write_claims(folder.file("c.h5"), std::vector<std::uint64_t>(8, 1));
  CHECK(lacks(error_of([&] { Hdf5File::open(folder.file("c.h5")).dataset("floats"); }), {"8 dimensions"}) ==
        "");
  write_claims(folder.file("c.h5"), {std::uint64_t{1} << 62, 1});
  CHECK(lacks(error_of([&] { Hdf5File::open(folder.file("c.h5")).dataset("floats"); }),
              {"impossible size"}) == "");
}

TEST_CASE("HDF5: files that cannot be created, rows that do not fit") {
  const TemporaryDirectory folder;
  CHECK(lacks(error_of([&] { Hdf5File::create(folder.file("none/a.h5")); }),
              {"cannot create", "none/a.h5"}) == "");
  Hdf5File file = Hdf5File::create(folder.file("a.h5"));
  Hdf5Dataset rows = file.create_dataset("rows", Hdf5Element::int32, Shape{3}, 2);
  CHECK(lacks(error_of([&] {
                rows.append(std::vector<std::int32_t>{1, 2});
              }),
              {"rows", "2 values", "3"}) == "");
  CHECK(lacks(error_of([&] { rows.append(std::vector<float>{1, 2, 3}); }), {"rows", "int32"}) == "");
  CHECK(lacks(error_of([&] { file.create_dataset("rows", Hdf5Element::int32, Shape{}, 1); }),
              {"cannot create dataset rows"}) == "");
  CHECK(lacks(error_of([&] { file.set_text_attribute("a", std::string("x\0y", 3)); }), {"zero byte"}) == "");
}

TEST_CASE("HDF5: the same data gives the same bytes, whenever it is written") {
  const TemporaryDirectory folder;
  const auto write = [&](const std::string& name) {
    {
      Hdf5File file = Hdf5File::create(folder.file(name));
      file.set_text_attribute("note", "x");
      file.create_dataset("group/deep/integers", Hdf5Element::int32, Shape{}, 2)
          .append(std::vector<std::int32_t>{1, 2, 3});
      file.write_text("group/texts", {"a"});
      file.write_text("other/texts", {"b"});
    }
    return read_file(folder.file(name));
  };
  const std::string first = write("a.h5");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // HDF5 counts seconds
  CHECK((first == write("b.h5")));
}

TEST_CASE("HDF5: several threads may read at once") {
  const TemporaryDirectory folder;
  std::vector<double> values(3000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  write_odd_hdf5(folder.file("a.h5"), {{"x", OddType::int32, {1000, 3}, values, {10, 3}, true}});
  std::vector<std::thread> threads;
  std::vector<int> good(4, 0);
  for (int& own : good)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        own += Hdf5File::open(folder.file("a.h5")).dataset("x").read_int32()[2999] == 2999;
    });
  for (auto& thread : threads) thread.join();
  CHECK(good == std::vector<int>(4, 20));
}
