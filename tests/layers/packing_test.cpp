#include "layers/packing.h"

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

Packing of(const std::vector<std::int64_t>& lengths) {
  return Packing::from_lengths(lengths);
}

}  // namespace

TEST_CASE("packed sequences: sizes and offsets of the steps") {
  const Packing packing = of({4, 2, 2, 1, 0});
  CHECK(packing.batch() == 5);
  CHECK(packing.steps() == 4);
  CHECK(packing.tokens() == 9);
  const std::int64_t sizes[] = {4, 3, 1, 1};
  const std::int64_t offsets[] = {0, 4, 7, 8};
  for (std::int64_t t = 0; t < 4; ++t) {
    CHECK(packing.size(t) == sizes[t]);
    CHECK(packing.offset(t) == offsets[t]);
  }
}

TEST_CASE("packed sequences: full, empty and without a step") {
  const Packing full = Packing::full(3, 2);
  CHECK(full.batch() == 3);
  CHECK(full.steps() == 2);
  CHECK(full.tokens() == 6);
  CHECK(full.offset(1) == 3);
  for (const Packing& packing : {of({}), Packing::full(0, 5)}) {
    CHECK(packing.batch() == 0);
    CHECK(packing.steps() == 0);
    CHECK(packing.tokens() == 0);
  }
  for (const Packing& packing : {of({0, 0}), Packing::full(2, 0)}) {
    CHECK(packing.batch() == 2);
    CHECK(packing.steps() == 0);
    CHECK(packing.tokens() == 0);
  }
}

TEST_CASE("packed sequences: lengths must fall and not be negative") {
  CHECK(contains(error_of([] {
                   of({3, 4});
                 }),
                 "packing: lengths must fall and not be negative, but number 1 is 4"));
  CHECK(contains(error_of([] { of({3, -1}); }), "number 1 is -1"));
  CHECK(contains(error_of([] { of({-1}); }), "number 0 is -1"));
  CHECK(error_of([] { Packing::full(2, -1); }) != "no error");
}
