#include "io/stored_tensor.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

template <class T>
std::vector<T> values_of(const std::vector<std::byte>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace

TEST_CASE("stored tensors: floating-point types are converted as PyTorch does") {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{1,        -2.5f,     0,     -0.0f,      65504,
                                  infinity, -infinity, 1e-7f, 1.0009765f, 3.14159265f};
  const std::vector<std::uint16_t> half{0x3c00, 0xc100, 0,      0x8000, 0x7bff,
                                        0x7c00, 0xfc00, 0x0002, 0x3c01, 0x4248};
  CHECK(values_of<std::uint16_t>(convert_elements(bytes_of(values), "F32", "F16", "w")) == half);
  const std::vector<double> doubles(values.begin(), values.end());
  CHECK(values_of<std::uint16_t>(convert_elements(bytes_of(doubles), "F64", "F16", "w")) == half);
  CHECK(values_of<float>(convert_elements(bytes_of(doubles), "F64", "F32", "w")) == values);
  CHECK(values_of<double>(convert_elements(bytes_of(values), "F32", "F64", "w")) == doubles);
  const std::vector<float> widened = values_of<float>(convert_elements(bytes_of(half), "F16", "F32", "w"));
  CHECK(widened[9] == 3.140625f);
  CHECK(widened[5] == infinity);
  const std::vector<std::uint16_t> brain{0x3f80, 0xc020, 0,      0x8000, 0x4780,
                                         0x7f80, 0xff80, 0x33d7, 0x3f80, 0x4049};
  CHECK(values_of<std::uint16_t>(convert_elements(bytes_of(values), "F32", "BF16", "w")) == brain);
  CHECK(values_of<float>(convert_elements(bytes_of(brain), "BF16", "F32", "w"))[1] == -2.5f);
  for (const std::string type : {"F16", "BF16", "F64"}) {  // NaN stays NaN
    const auto there = convert_elements(bytes_of(std::vector<float>{std::nanf("")}), "F32", type, "w");
    CHECK(std::isnan(values_of<float>(convert_elements(there, type, "F32", "w"))[0]));
  }
  CHECK(convert_elements({}, "F32", "F16", "w").empty());
}

TEST_CASE("stored tensors: a value that would become infinite is refused") {
  CHECK(lacks(error_of([] {
                convert_elements(bytes_of(std::vector<float>{0, 65520}), "F32", "F16", "a.pth: w");
              }),
              {"a.pth: w", "65520", "element 1", "F16"}) == "");
  CHECK(lacks(error_of([] { convert_elements(bytes_of(std::vector<float>{3.4e38f}), "F32", "BF16", "w"); }),
              {"BF16"}) == "");
  CHECK(lacks(error_of([] { convert_elements(bytes_of(std::vector<double>{-1e300}), "F64", "F32", "w"); }),
              {"-1e+300", "F32"}) == "");
  CHECK(lacks(error_of([] { convert_elements({}, "I64", "F32", "w"); }), {"I64"}) == "");
}

TEST_CASE("stored tensors: every type goes through a safetensors file, tensor by tensor") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("m.safetensors");
  std::vector<StoredTensor> tensors;
  for (const std::string type : {"BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "I16", "U16", "F16", "BF16", "I32",
                                 "U32", "F32", "I64", "U64", "F64"}) {
    tensors.push_back({type, type, {3, 1}});
    tensors.push_back({type + " scalar", type, {}});
    tensors.push_back({type + " none", type, {0, 5}});
  }
  SafetensorsWriter writer(path, tensors, {{"k", "v"}});
  CHECK(writer.order().size() == tensors.size());
  char value = 0;
  std::size_t last = 8;
  for (const StoredTensor& each : writer.order()) {
    CHECK(stored_element_bytes(each.type) <= last);
    last = stored_element_bytes(each.type);
    const std::vector<char> bytes(each.bytes(), ++value);
    writer.write(bytes.data(), bytes.size() / 2);  // in pieces
    writer.write(bytes.data() + bytes.size() / 2, bytes.size() - bytes.size() / 2);
  }
  CHECK(folder.entries() == 1);
  CHECK_FALSE(std::filesystem::exists(path));
  writer.finish();

  const SafetensorsReader reader(path);
  value = 0;
  for (const StoredTensor& each : writer.order()) {
    std::vector<char> bytes(each.bytes());
    reader.read_bytes(each.name, reinterpret_cast<std::byte*>(bytes.data()));
    CHECK(bytes == std::vector<char>(each.bytes(), ++value));
    CHECK(reader.stored_type(each.name) == each.type);
    CHECK(reader.shape(each.name) == each.shape);
  }
}

TEST_CASE("stored tensors: a writer that gets too much, too little or odd names leaves nothing") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("m.safetensors");
  const auto error = [&](const std::vector<StoredTensor>& tensors, std::size_t bytes) {
    return error_of([&] {
      SafetensorsWriter writer(path, tensors);
      const std::vector<char> data(bytes);
      writer.write(data.data(), bytes);
      writer.finish();
    });
  };
  CHECK(lacks(error({{"a", "F32", {2}}}, 9), {"m.safetensors", "1 more bytes"}) == "");
  CHECK(lacks(error({{"a", "F32", {2}}}, 7), {"m.safetensors", "1 bytes", "did not come"}) == "");
  CHECK(lacks(error({{"a", "F31", {2}}}, 8), {"\"a\"", "F31"}) == "");
  CHECK(lacks(error({{"a\xff", "F32", {2}}}, 8), {"not UTF-8"}) == "");
  CHECK(lacks(error({{"a", "U8", {2}}, {"a", "U8", {2}}}, 4), {"two tensors \"a\""}) == "");
  CHECK(folder.entries() == 0);
}
