#include "core/shape.h"

#include "core/error.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("a shape knows its extents") {
  const Shape shape{2, 3, 5};
  CHECK(shape.rank() == 3);
  CHECK(shape[1] == 3);
  CHECK(shape.numel() == 30);
  CHECK(shape.rows() == 6);
  CHECK(shape.cols() == 5);
  CHECK(shape.with_first(7) == Shape{7, 3, 5});
  CHECK(shape.with_last(0) == Shape{2, 3, 0});
  CHECK(shape != Shape{2, 3});
  CHECK(Shape{2, 1} != Shape{2});
}

TEST_CASE("scalars, vectors and empty shapes are matrices too") {
  CHECK(Shape{}.numel() == 1);
  CHECK(Shape{}.rows() == 1);
  CHECK(Shape{}.cols() == 1);
  CHECK(Shape{4}.rows() == 1);
  CHECK(Shape{4}.cols() == 4);
  CHECK(Shape{0, 4}.numel() == 0);
  CHECK(Shape{0, 4}.rows() == 0);
  CHECK(Shape{3, 0}.rows() == 3);
}

TEST_CASE("a shape is printed with and without names") {
  CHECK(to_string(Shape{}) == "[]");
  CHECK(to_string(Shape{32, 512}) == "[32, 512]");
  CHECK(to_string(Shape{32, 512}, {"N", "H"}) == "[N=32, H=512]");
  CHECK(to_string(Shape{32, 9, 512}, {"N"}) == "[N=32, 9, 512]");
}

TEST_CASE("a shape that cannot be is refused") {
  CHECK(contains(error_of([] { Shape{2, -1}; }), "cannot be negative (-1)"));
  CHECK(contains(error_of([] { Shape{1, 1, 1, 1, 1, 1, 1}; }), "at most 6 dimensions, not 7"));
  CHECK_THROWS_AS(Shape{}.with_first(1), Error);
  CHECK_THROWS_AS(Shape{3}.with_last(-1), Error);
}

// A damaged file may claim any extents: their product must not wrap around to a small number.
TEST_CASE("a shape whose elements cannot be counted is refused") {
  const std::int64_t big = std::int64_t{1} << 40;
  CHECK(contains(error_of([=] { Shape{big, big}; }), "[1099511627776, 1099511627776]"));
  CHECK_THROWS_AS((Shape{std::int64_t{1} << 62}), Error);
  CHECK_THROWS_AS((Shape{big, 2}.with_last(big)), Error);
  CHECK_THROWS_AS((Shape{2, big}.with_first(big)), Error);
  CHECK(Shape{big, 2}.numel() == 2 * big);
}
