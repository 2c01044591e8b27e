// The kernel that CONTRIBUTING.md shows, against an oracle in double.
#include "tests/kernels/example/square.h"

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("the example of CONTRIBUTING.md: squares and their gradients") {
  on_every_target([](const Target& target) {
    for (const std::int64_t n : {0, 1, 31, 33, 257}) {
      INFO(n << " elements");
      const Tensor x = make_normal(target, Shape{n}, 1), dy = make_normal(target, Shape{n}, 2);
      const Tensor y = make_zeros(target, Shape{n}), dx = make_zeros(target, Shape{n});
      kernels::square_forward(target.stream, x, y, n);
      kernels::square_backward(target.stream, x, dy, dx, n);
      const std::vector<double> value = numbers(x), gradient = numbers(dy);
      std::vector<double> want_y, want_dx;
      for (std::size_t i = 0; i < value.size(); ++i) {
        want_y.push_back(value[i] * value[i]);
        want_dx.push_back(2 * value[i] * gradient[i]);
      }
      check_close(target, y, want_y);
      check_close(target, dx, want_dx);
    }
  });
}
