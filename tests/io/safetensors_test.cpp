#include "io/safetensors.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/random.h"
#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// A file with this header and so many zero bytes of data.
void write_raw(const std::string& path, const std::string& header, std::size_t data) {
  const std::uint64_t length = header.size();
  std::string text(sizeof length, '\0');
  std::memcpy(text.data(), &length, sizeof length);
  write_file_atomically(path, text + header + std::string(data, '\0'));
}

}  // namespace

TEST_CASE("safetensors: every type and shape, through a file and back") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("m.safetensors");
  const std::vector<NamedTensor> tensors{
      {"b/bf16", Tensor::from(std::vector<float>{1, -2.5f, 3}, Shape{3}).to(DType::bfloat16)},
      {"f32", Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 0.1f}, Shape{2, 3})},
      {"f64", Tensor::from(std::vector<double>{0.1}, Shape{1, 1, 1})},
      {"i32 \"quoted\" ü", Tensor::from(std::vector<std::int32_t>{-7}, Shape{})},
      {"i64", Tensor::from(std::vector<std::int64_t>{std::int64_t{1} << 40, -1}, Shape{2})},
      {"none", Tensor(Shape{0, 4}, DType::float32)}};
  const std::map<std::string, std::string> metadata{
      {"config", "a: 1\nb: \"2\"\n"}, {"vocabulary", "{}"}, {"", ""}};
  write_safetensors(path, tensors, metadata);
  CHECK(folder.entries() == 1);

  const SafetensorsReader reader(path);
  CHECK(reader.metadata() == metadata);
  CHECK(reader.names().size() == 6);
  for (const NamedTensor& each : tensors) {
    const Tensor back = reader.read(each.name);
    CHECK(back.shape() == each.tensor.shape());
    CHECK(back.dtype() == each.tensor.dtype());
    CHECK(std::memcmp(back.raw(), each.tensor.raw(), each.tensor.bytes()) == 0);
  }
  CHECK(reader.stored_type("b/bf16") == "BF16");
  CHECK(reader.shape("f32") == Shape{2, 3});
  CHECK(lacks(error_of([&] { reader.read("w"); }), {"m.safetensors has no tensor \"w\"", "f32, f64"}) == "");
  CHECK(lacks(error_of([&] { reader.metadata("seed"); }), {"no metadata \"seed\"", "config"}) == "");

  write_safetensors(path, {});  // nothing at all is a valid file
  CHECK(SafetensorsReader(path).names().empty());
  CHECK(SafetensorsReader(path).metadata().empty());
}

TEST_CASE("safetensors: half precision is read as float32, other types are named") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("m.safetensors");
  write_raw(path,
            R"({"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"u":{"dtype":"U8","shape":[3],)"
            R"("data_offsets":[4,7]}}   )",
            7);
  const SafetensorsReader reader(path);
  CHECK(reader.read("h").to_vector<float>() == std::vector<float>{0, 0});
  CHECK(reader.read("h").dtype() == DType::float32);
  CHECK(lacks(error_of([&] { reader.read("u"); }), {"\"u\"", "U8"}) == "");
}

TEST_CASE("safetensors: hostile files are refused with a sentence") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("x.safetensors");
  const auto error = [&](const std::string& header, std::size_t data = 0) {
    write_raw(path, header, data);
    return error_of([&] { SafetensorsReader{path}; });
  };
  const auto tensor = [](const std::string& name, const std::string& rest) {
    return fmt::format("\"{}\":{{{}}}", name, rest);
  };
  const auto object = [](const std::string& entries) { return fmt::format("{{{}}}", entries); };
  const auto f32 = [&](const std::string& name, const std::string& shape, const std::string& offsets) {
    return tensor(name, R"("dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets);
  };
  CHECK(error(object(f32("a", "[2]", "[0,8]")), 8) == "no error");
  CHECK(error(object(f32("a", "[0,9]", "[0,0]") + "," + f32("b", "[]", "[0,4]")), 4) == "no error");

  CHECK(lacks(error("nonsense"), {"x.safetensors is not valid JSON"}) == "");
  CHECK(lacks(error(""), {"x.safetensors is not valid JSON"}) == "");
  CHECK(lacks(error("{} {}"), {"not valid JSON"}) == "");
  CHECK(lacks(error("{\"a\xff\":{}}"), {"not valid JSON"}) == "");
  CHECK(lacks(error("[1,2]"), {"should be a JSON object", "a list"}) == "");
  CHECK(lacks(error("3"), {"should be a JSON object", "a number"}) == "");
  CHECK(lacks(error(R"({"a":[]})"), {"entry \"a\"", "a list"}) == "");
  CHECK(lacks(error(std::string(1'000'000, '[')), {"should be a JSON object"}) == "");
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "{\"dtype\":";
  CHECK(lacks(error(nested), {"an object"}) == "");
  CHECK(lacks(error(object(f32("a", "[[[[1]]]]", "[0,4]")), 4), {"\"a\"", "a list", "\"shape\""}) == "");

  CHECK(lacks(error(object(f32("a", "[2]", "[0,8]")), 7),
              {"\"a\"", "0 to 8", "7 bytes of data", "truncated"}) == "");
  CHECK(lacks(error(object(f32("a", "[2]", "[8,0]")), 8), {"8 to 0"}) == "");
  CHECK(lacks(error(object(f32("a", "[3]", "[0,8]")), 8), {"\"a\"", "F32", "[3]", "8 bytes"}) == "");
  CHECK(lacks(error(object(f32("a", "[4294967296,4294967296]", "[0,0]"))), {"4294967296"}) == "");
  CHECK(lacks(error(object(f32("a", "[18446744073709551615]", "[0,4]")), 4), {"18446744073709551615"}) == "");
  CHECK(lacks(error(object(f32("a", "[0,18446744073709551615]", "[0,0]"))), {"\"a\""}) == "");
  CHECK(lacks(error(object(f32("a", "[99999999999999999999]", "[0,4]")), 4), {"with a fraction"}) == "");
  CHECK(lacks(error(object(f32("a", "[-1]", "[0,4]")), 4), {"a negative number"}) == "");
  CHECK(lacks(error(object(f32("a", "[1.5]", "[0,4]")), 4), {"a number with a fraction"}) == "");
  CHECK(lacks(error(object(f32("a", "[1]", "[0]")), 4), {"1 data_offsets, not 2"}) == "");
  CHECK(lacks(error(object(f32("a", "[1,1,1,1,1,1,1]", "[0,4]")), 4), {"7 dimensions"}) == "");
  CHECK(lacks(error(object(f32("a", "[2]", "[0,8]") + "," + f32("b", "[2]", "[4,12]")), 12),
              {"\"a\" and \"b\" overlap"}) == "");
  CHECK(lacks(error(object(f32("a", "[2]", "[0,8]") + "," + f32("b", "[2]", "[0,8]")), 8), {"overlap"}) ==
        "");
  CHECK(lacks(error(object(f32("a", "[1]", "[4,8]")), 8), {"4 unused bytes before", "\"a\""}) == "");
  CHECK(lacks(error(object(f32("a", "[1]", "[0,4]")), 9), {"5 unused bytes after"}) == "");
  CHECK(lacks(error(object(f32("a", "[1]", "[0,4]") + "," + f32("a", "[1]", "[0,4]")), 4),
              {"the tensor \"a\" twice"}) == "");
  CHECK(lacks(error(object(tensor("a", R"("dtype":"F32","dtype":"F32")"))), {"\"a\" has dtype twice"}) == "");
  CHECK(lacks(error(object(tensor("a", R"("shape":[],"shape":[])"))), {"\"a\" has shape twice"}) == "");
  CHECK(lacks(error(object(tensor("a", R"("dtype":"F32","shape":[1])"))), {"lacks data_offsets"}) == "");
  CHECK(lacks(error(object(tensor("a", R"("dtype":7)"))), {"a number", "\"dtype\""}) == "");
  CHECK(lacks(error(object(tensor("a", R"("shape":null)"))), {"null", "\"shape\""}) == "");
  CHECK(lacks(error(object(tensor("a", R"("colour":"red")"))), {"unknown key \"colour\""}) == "");
  CHECK(lacks(error(object(tensor("a", R"("dtype":"F3","shape":[1],"data_offsets":[0,4])")), 4),
              {"\"F3\""}) == "");
  CHECK(lacks(error(R"({"__metadata__":{"a":1}})"), {"metadata \"a\" should be a string", "a number"}) == "");
  CHECK(lacks(error(R"({"__metadata__":{"a":{}}})"), {"an object"}) == "");
  CHECK(lacks(error(R"({"__metadata__":{"a":"","a":""}})"), {"metadata \"a\" twice"}) == "");
  CHECK(lacks(error(R"({"__metadata__":{},"__metadata__":{}})"), {"__metadata__ twice"}) == "");
}

TEST_CASE("safetensors: headers that are longer than the file or than anything sensible") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("x.safetensors");
  const auto error = [&](std::uint64_t length, const std::string& rest) {
    std::string text(sizeof length, '\0');
    std::memcpy(text.data(), &length, sizeof length);
    write_file_atomically(path, text + rest);
    return error_of([&] { SafetensorsReader{path}; });
  };
  CHECK(lacks(error(3, "{}"), {"x.safetensors is truncated", "header of 3 bytes", "only 10"}) == "");
  CHECK(lacks(error(~std::uint64_t{0}, "{}"),
              {"x.safetensors is not a safetensors file", "18446744073709551615"}) == "");
  CHECK(lacks(error(100'000'001, "{}"), {"100000001"}) == "");
  write_file_atomically(path, "1234567");
  CHECK(lacks(error_of([&] { SafetensorsReader{path}; }), {"7 bytes, fewer than the 8"}) == "");
  CHECK(lacks(error_of([&] { SafetensorsReader{folder.file("none")}; }), {"none", "No such file"}) == "");
  CHECK(lacks(error_of([&] { SafetensorsReader{folder.path().string()}; }), {"is a directory"}) == "");
}

TEST_CASE("safetensors: a good file with any byte changed or cut off never crashes") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("m.safetensors");
  write_safetensors(path,
                    {{"a", Tensor::from(std::vector<float>{1, 2}, Shape{2})},
                     {"b", Tensor::from(std::vector<std::int64_t>{3}, Shape{1, 1})}},
                    {{"k", "v"}});
  const std::string good = read_file(path);
  Random random(3);
  for (int i = 0; i < 1500; ++i) {
    std::string bad = good;
    if (i % 3 == 0)
      bad.resize(static_cast<std::size_t>(random.below(static_cast<std::int64_t>(good.size()))));
    if (!bad.empty())
      bad[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bad.size())))] =
          static_cast<char>(random.below(256));
    std::ofstream(folder.file("bad"), std::ios::binary) << bad;
    error_of([&] {  // anything but a dlcore::Error would escape and fail the test
      const SafetensorsReader reader(folder.file("bad"));
      for (const auto& name : reader.names()) reader.read(name);
    });
  }
  SUCCEED();
}

TEST_CASE("safetensors: what the writer refuses leaves the old file") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("m.safetensors");
  write_file_atomically(path, "old");
  const Tensor one = Tensor::from(std::vector<float>{1}, Shape{1});
  CHECK(lacks(error_of([&] {
                write_safetensors(path, {{"a", one}, {"a", one}});
              }),
              {"two tensors \"a\""}) == "");
  CHECK(lacks(error_of([&] { write_safetensors(path, {{"__metadata__", one}}); }), {"__metadata__"}) == "");
  CHECK(lacks(error_of([&] { write_safetensors(path, {{"a", Tensor()}}); }), {"\"a\" is undefined"}) == "");
  CHECK(read_file(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("safetensors: a checksum of all bytes") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("m.safetensors");
  write_safetensors(path,
                    {{"w", Tensor::from(std::vector<float>{1, 2, 3}, {3})},
                     {"half", Tensor::from(std::vector<float>{1}, {1}).to(DType::bfloat16)}},
                    {{"key", "value"}}, SafetensorsWriter::Checksum::crc32c);
  const SafetensorsReader reader(path);
  CHECK(reader.read("w").to_vector<float>() == std::vector<float>{1, 2, 3});
  CHECK(reader.shape("crc32c") == Shape{4});
  reader.check_bytes();
  const std::string good = read_file(path);
  for (std::size_t at = good.size() - 30; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write_file_atomically(path, bad);
    CHECK(lacks(error_of([&] { reader.check_bytes(); }), {path, "is damaged"}) == "");
  }
  write_file_atomically(path, good.substr(0, good.size() - 1));
  CHECK(lacks(error_of([&] { reader.check_bytes(); }), {path, "shorter"}) == "");
  write_safetensors(path, {});
  CHECK(lacks(error_of([&] { SafetensorsReader(path).check_bytes(); }), {"no tensor \"crc32c\""}) == "");
}
