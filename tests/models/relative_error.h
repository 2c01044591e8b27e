// CHECK(relative_error(got, want) <= limit)
#pragma once

#include <cmath>

namespace dlcore::test {

inline double relative_error(double got, double want) {
  return got == want ? 0 : std::abs(got - want) / std::abs(want);
}

}  // namespace dlcore::test
