// Numbers that come back from a device in order, late on a GPU.
#include "models/readback.h"

#include <cmath>
#include <stdexcept>

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("readback: every number arrives, in order, with the value that it had in the stream") {
  on_every_target([](const Target& target) {
    Readback readback(target.stream);
    const Tensor value = make_zeros(target, {1});
    std::vector<double> firsts, seconds;
    for (int step = 0; step < 7; ++step) {
      copy(target.stream, make(target, {0.5 * step}), value);
      const Tensor second =
          step % 2 == 1 ? Tensor::from(std::vector{3.0 * step}, {1}, target.device()) : Tensor();
      readback.queue(value, second, [&](double first, double other) {
        firsts.push_back(first);
        seconds.push_back(other);
      });
      const int outstanding = target.device().is_cuda() ? std::min(step + 1, 2) : 0;
      CHECK(static_cast<int>(firsts.size()) == step + 1 - outstanding);
    }
    readback.finish();
    REQUIRE(firsts.size() == 7);
    for (int step = 0; step < 7; ++step) {
      CHECK(firsts[static_cast<std::size_t>(step)] == 0.5 * step);
      const double second = seconds[static_cast<std::size_t>(step)];
      if (step % 2 == 1)
        CHECK(second == 3.0 * step);
      else
        CHECK(std::isnan(second));
    }
  });
}

TEST_CASE("readback: what a receiver throws goes through") {
  Readback readback{Stream()};
  const Tensor value = Tensor::zeros({1}, DType::float32);
  CHECK_THROWS_AS(readback.queue(value, {}, [](double, double) { throw std::runtime_error("stop"); }),
                  std::runtime_error);
  double got = -1;
  readback.queue(value, {}, [&](double first, double) { got = first; });
  CHECK(got == 0);
}
