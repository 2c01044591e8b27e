#include "core/tensor.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::vector<float> counting(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return values;
}

float as_bfloat16(float value) {
  return bfloat16::from_float(value).to_float();
}

}  // namespace

TEST_CASE("views, rows and slices share the memory") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const Tensor t = Tensor::from(counting(24), Shape{4, 6}, target.device());
    CHECK(t.view(Shape{2, 12}).raw() == t.raw());
    CHECK(t.rows(1, 3).shape() == Shape{2, 6});
    CHECK(t.rows(1, 3).to_vector<float>()[0] == 6);
    CHECK(t.rows(1, 3).rows(1, 2).to_vector<float>()[5] == 17);
    CHECK(t.rows(4, 4).numel() == 0);
    const Tensor piece = t.slice(5, Shape{2, 2});
    CHECK(piece.to_vector<float>() == std::vector<float>{5, 6, 7, 8});
    const Tensor copy_of = t.clone();
    piece.zero(target.stream);
    target.stream.synchronize();
    CHECK(t.to_vector<float>()[5] == 0);
    CHECK(t.to_vector<float>()[9] == 9);
    CHECK(copy_of.to_vector<float>() == counting(24));
  });
}

TEST_CASE("a view keeps the memory alive") {
  Tensor row;
  {
    const Tensor whole = Tensor::from(counting(1000), Shape{10, 100});
    row = whole.rows(9, 10);
  }
  const Tensor other = Tensor::zeros(Shape{10, 100}, DType::float32);
  CHECK(row.to_vector<float>()[99] == 999);
}

TEST_CASE("pieces outside of a tensor are refused with both shapes") {
  const Tensor t = Tensor::from(counting(24), Shape{4, 6});
  CHECK(contains(error_of([&] { t.view(Shape{5, 5}); }), "shape [4, 6] cannot be viewed as [5, 5]"));
  CHECK(contains(error_of([&] { t.rows(3, 5); }), "rows 3 to 5 of a tensor of shape [4, 6]"));
  CHECK_THROWS_AS(t.rows(2, 1), Error);
  CHECK_THROWS_AS(t.rows(-1, 1), Error);
  CHECK(contains(error_of([&] { t.slice(20, Shape{5}); }), "slice of shape [5] at 20"));
  CHECK_THROWS_AS(t.slice(-1, Shape{1}), Error);
  CHECK(contains(error_of([&] { Tensor::from(counting(3), Shape{4}); }), "3 values do not fill"));
}

TEST_CASE("a tensor used as another type names both types") {
  const Tensor t = Tensor::zeros(Shape{2}, DType::float32);
  CHECK(t.data<float>() == t.raw());
  CHECK(error_of([&] { t.data<double>(); }) == "a tensor of float32 was used as float64");
  CHECK(error_of([&] { t.data<std::int32_t>(); }) == "a tensor of float32 was used as int32");
  CHECK(error_of([&] { Tensor::zeros(Shape{2}, DType::bfloat16).data<float>(); }) ==
        "a tensor of bfloat16 was used as float32");
}

TEST_CASE("tensors are described") {
  CHECK(to_string(Tensor{}) == "undefined tensor");
  CHECK(to_string(Tensor::zeros(Shape{2, 3}, DType::int64)) == "int64 [2, 3] on cpu");
  CHECK(!Tensor{}.defined());
  CHECK(Tensor(Shape{0, 5}, DType::float32).defined());
  CHECK(Tensor(Shape{3, 5}, DType::bfloat16).bytes() == 30);
}

TEST_CASE("element types have names") {
  for (const DType type : {DType::float32, DType::float64, DType::bfloat16, DType::int32, DType::int64})
    CHECK(dtype_from_name(name_of(type)) == type);
  CHECK(contains(error_of([] { dtype_from_name("float16"); }),
                 "'float16': expected float32, float64, bfloat16, int32 or int64"));
}

TEST_CASE("conversions keep every value that the new type has") {
  const std::vector<double> values{0, 1, -2, 96, -256};
  for (const DType from : {DType::float32, DType::float64, DType::bfloat16, DType::int32, DType::int64})
    for (const DType to : {DType::float32, DType::float64, DType::bfloat16, DType::int32, DType::int64}) {
      const Tensor t = Tensor::from(values, Shape{5}).to(from).to(to);
      CHECK(t.dtype() == to);
      CHECK(t.to_vector<double>() == values);
    }
  const Tensor t = Tensor::from(values, Shape{5});
  CHECK(t.to(DType::float64).raw() == t.raw());  // already of this type: no copy
  CHECK(t.to_vector<std::int32_t>() == std::vector<std::int32_t>{0, 1, -2, 96, -256});
  CHECK(!Tensor{}.to(DType::float64).defined());
  const std::int64_t big = (std::int64_t{1} << 53) + 1;  // not a double
  CHECK(Tensor::from(std::vector<std::int64_t>{big}, Shape{1}).to_vector<std::int64_t>()[0] == big);
}

TEST_CASE("bfloat16 rounds to nearest, ties to even") {
  const float step = 0x1p-7f;  // of bfloat16 between 1 and 2
  CHECK(as_bfloat16(1) == 1);
  CHECK(as_bfloat16(1 + step / 2) == 1);                 // tie, down to even
  CHECK(as_bfloat16(1 + 3 * step / 2) == 1 + 2 * step);  // tie, up to even
  CHECK(as_bfloat16(1 + step / 2 + 0x1p-20f) == 1 + step);
  CHECK(as_bfloat16(1 + step / 2 - 0x1p-20f) == 1);
  CHECK(as_bfloat16(-(1 + step / 2)) == -1);
  CHECK(as_bfloat16(2 - step / 2) == 2);  // carries into the exponent
  CHECK(as_bfloat16(std::numeric_limits<float>::max()) == std::numeric_limits<float>::infinity());
  CHECK(as_bfloat16(0x1p-133f) == 0x1p-133f);  // the smallest subnormal
  CHECK(as_bfloat16(0x1p-134f) == 0);          // tie between it and 0
  CHECK(as_bfloat16(0x1.8p-134f) == 0x1p-133f);
}

TEST_CASE("bfloat16 keeps infinities, NaN and the sign of zero") {
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(as_bfloat16(infinity) == infinity);
  CHECK(as_bfloat16(-infinity) == -infinity);
  CHECK(std::isnan(as_bfloat16(std::numeric_limits<float>::quiet_NaN())));
  CHECK(std::isnan(as_bfloat16(std::numeric_limits<float>::signaling_NaN())));
  std::uint32_t all_in_the_lower_half = 0x7f800001u;  // would round to infinity
  float nan;
  std::memcpy(&nan, &all_in_the_lower_half, sizeof nan);
  CHECK(std::isnan(as_bfloat16(nan)));
  CHECK(bfloat16::from_float(-0.0f).bits == 0x8000u);
}

TEST_CASE("copies go between tensors of one type and size only") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const Tensor host = Tensor::from(counting(24), Shape{4, 6});
    const Tensor there = make_zeros(target, Shape{24});
    copy(target.stream, host, there);
    target.stream.synchronize();
    CHECK(there.to_vector<float>() == counting(24));
    CHECK(there.to(Device::cpu()).to(target.device()).to_vector<float>() == counting(24));
    const auto message = error_of([&] { copy(target.stream, host, there.rows(0, 23)); });
    CHECK(contains(message, "float32 [4, 6] on cpu"));
    CHECK(contains(message, "float32 [23] on "));
    CHECK_THROWS_AS(copy(target.stream, host.to(DType::float64), there), Error);
  });
}

TEST_CASE("empty tensors go through everything") {
  on_every_target([](const Target& target) {
    const Tensor t = make_zeros(target, Shape{0, 5});
    t.zero(target.stream);
    CHECK(t.clone().rows(0, 0).view(Shape{5, 0}).to(Device::cpu()).to_vector<double>().empty());
    copy(target.stream, t, t.clone());
  });
}
