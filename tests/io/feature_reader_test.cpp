#include "io/feature_reader.h"

#include <bit>
#include <cmath>
#include <thread>

#include "core/random.h"
#include "io/float16.h"
#include "io/hdf5.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t rows = 97;
constexpr std::int64_t columns = 12;

// Multiples of 1/8 below 128: exact in every type.
double value(std::int64_t row, std::int64_t column) {
  return static_cast<double>((row * 31 + column * 7) % 1021) / 8 - 60;
}

std::vector<double> values(OddType type) {
  std::vector<double> all;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column) {
      const auto exact = static_cast<float>(value(row, column));
      if (type == OddType::float16)
        all.push_back(float16_from_float(exact));
      else if (type == OddType::uint16)  // as bfloat16: 8 bits of mantissa
        all.push_back(std::bit_cast<std::uint32_t>(std::round(exact)) >> 16);
      else
        all.push_back(exact);
    }
  return all;
}

}  // namespace

TEST_CASE("features: any rows in any order, of every type, layout and cache") {
  const TemporaryDirectory folder;
  Random random(7);
  for (const OddType type :
       {OddType::float16, OddType::float32, OddType::float64, OddType::uint16, OddType::big_endian_float32})
    for (const std::vector<std::uint64_t>& chunk :
         {std::vector<std::uint64_t>{}, {1, 12}, {10, 12}, {10, 5}, {1000, 12}, {97, 1}}) {
      if (!chunk.empty() && chunk[0] > 97) continue;  // the library refuses chunks beyond a fixed size
      write_odd_hdf5(folder.file("f.h5"),
                     {{"features", type, {rows, columns}, values(type), chunk, !chunk.empty(), "bfloat16"}});
      for (const std::size_t cache : {std::size_t{0}, std::size_t{700}, std::size_t{64} << 20}) {
        const FeatureReader reader(folder.file("f.h5"), "features", {.cache_bytes = cache});
        REQUIRE(reader.shape() == Shape{rows, columns});
        for (int repeat = 0; repeat < 3; ++repeat) {
          std::vector<std::int64_t> wanted(60);
          for (auto& row : wanted) row = random.below(rows);
          std::vector<float> got(wanted.size() * columns + 1, -1234);
          reader.read(wanted, got.data());
          int wrong = 0;
          for (std::size_t i = 0; i < wanted.size(); ++i)
            for (std::int64_t column = 0; column < columns; ++column) {
              const double exact = value(wanted[i], column);
              const double expected = type == OddType::uint16 ? std::round(static_cast<float>(exact)) : exact;
              wrong += got[i * columns + static_cast<std::size_t>(column)] != expected;
            }
          CHECK(wrong == 0);
          CHECK(got.back() == -1234);
        }
      }
    }
}

TEST_CASE("features: maps of four dimensions, and no rows at all") {
  const TemporaryDirectory folder;
  write_odd_hdf5(folder.file("f.h5"),
                 {{"features", OddType::float32, {rows, 3, 2, 2}, values(OddType::float32)}});
  FeatureReader reader(folder.file("f.h5"), "features");
  CHECK(reader.row_shape() == Shape{3, 2, 2});
  CHECK(reader.row_size() == columns);
  CHECK(reader.count() == rows);
  CHECK(reader.stored_type() == "float32");
  reader.read({}, nullptr);
  std::vector<float> one(columns);
  const FeatureReader moved = std::move(reader);
  moved.read(std::vector<std::int64_t>{96}, one.data());
  CHECK(one[5] == value(96, 5));
}

TEST_CASE("features: rows that are not there") {
  const TemporaryDirectory folder;
  write_odd_hdf5(folder.file("f.h5"),
                 {{"features", OddType::float32, {rows, columns}, values(OddType::float32)}});
  const FeatureReader reader(folder.file("f.h5"), "features");
  std::vector<float> out(2 * columns);
  CHECK(lacks(error_of([&] {
                reader.read(std::vector<std::int64_t>{0, 97}, out.data());
              }),
              {"row 97", "f.h5", "97 rows"}) == "");
  CHECK(lacks(error_of([&] { reader.read(std::vector<std::int64_t>{-1}, out.data()); }), {"row -1"}) == "");
}

TEST_CASE("features: NaN and infinity are refused with their place") {
  const TemporaryDirectory folder;
  for (const std::vector<std::uint64_t>& chunk : {std::vector<std::uint64_t>{}, {10, 12}}) {
    for (const OddType type : {OddType::float32, OddType::float64, OddType::float16}) {
      const bool half = type == OddType::float16;
      auto some = values(type);
      some[5 * columns + 7] = half ? 0x7e00 : NAN;
      some[40 * columns + 11] = half ? 0xfc00 : type == OddType::float64 ? 1e300 : -INFINITY;
      write_odd_hdf5(folder.file("f.h5"), {{"features", type, {rows, columns}, some, chunk}});
      const FeatureReader reader(folder.file("f.h5"), "features");
      std::vector<float> out(3 * columns);
      reader.read(std::vector<std::int64_t>{4, 6, 39}, out.data());
      CHECK(lacks(error_of([&] {
                    reader.read(std::vector<std::int64_t>{6, 5}, out.data());
                  }),
                  {"features of", "f.h5", "nan", "row 5, column 7", "finite"}) == "");
      CHECK(lacks(error_of([&] { reader.read(std::vector<std::int64_t>{40}, out.data()); }),
                  {"inf", "row 40, column 11"}) == "");
    }
  }
}

TEST_CASE("features: wrong rank, wrong type, rows without elements or of absurd size") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("f.h5");
  write_odd_hdf5(path, {{"vector", OddType::float32, {4}, {}},
                        {"three", OddType::float32, {4, 2, 2}, {}},
                        {"integers", OddType::int32, {4, 2}, {}},
                        {"bits", OddType::uint16, {4, 2}, {}},
                        {"narrow", OddType::float32, {4, 0}, {}}});
  const auto error = [&](const std::string& name) { return error_of([&] { FeatureReader(path, name); }); };
  CHECK(lacks(error("vector"), {"dataset vector of", "[n, D]", "[4]"}) == "");
  CHECK(lacks(error("three"), {"three", "[n, C, H, W]", "[4, 2, 2]"}) == "");
  CHECK(lacks(error("integers"), {"integers", "floating", "int32"}) == "");
  CHECK(lacks(error("bits"), {"bits", "floating", "uint16"}) == "");
  CHECK(lacks(error("narrow"), {"narrow", "[4, 0]"}) == "");
  CHECK(lacks(error("features"), {"no dataset features", "vector"}) == "");
  write_claims(folder.file("claims.h5"), {10, std::uint64_t{1} << 40});
  CHECK(lacks(error_of([&] { FeatureReader(folder.file("claims.h5"), "floats"); }),
              {"floats", "1099511627776 elements"}) == "");
}

TEST_CASE("features: one reader serves several threads") {
  const TemporaryDirectory folder;
  write_odd_hdf5(folder.file("f.h5"),
                 {{"features", OddType::float32, {rows, columns}, values(OddType::float32), {10, 12}, true}});
  const FeatureReader reader(folder.file("f.h5"), "features", {.cache_bytes = 2000});
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t)
    threads.emplace_back([&, t] {
      Random random(t);
      std::vector<float> out(columns);
      for (int i = 0; i < 200; ++i) {
        const std::vector<std::int64_t> row{random.below(rows)};
        reader.read(row, out.data());
        wrong[t] += out[3] != value(row[0], 3);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}
