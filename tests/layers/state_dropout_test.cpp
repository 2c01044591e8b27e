// Dropout of a recurrent layer's state: which elements, and when. Its gradients are in layer_cases.cpp.
#include <algorithm>

#include "layers/recurrent.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("state dropout drops the same elements of a sequence in all steps, in training only") {
  on_every_target([](const Target& target) {
    // h_t = tanh(h_(t-1)) element by element: what is dropped once is 0 in every step.
    constexpr std::int64_t H = 40, N = 5;
    RNN layer(1, H, {.p = 0.25, .site = 3});
    ParameterSet parameters;
    parameters.add("", layer.parameters());
    parameters.allocate(target.type, target.device());
    std::vector<double> identity(H * H, 0);
    for (std::size_t j = 0; j < H; ++j) identity[j * H + j] = 1;
    parameters.values().zero(target.stream);
    copy(target.stream, make(target, identity, Shape{H, H}), layer.parameters()[1].value);
    const Packing packing = Packing::from_lengths(std::vector<std::int64_t>{6, 6, 4, 2, 1});
    const Tensor x = make_zeros(target, {packing.tokens(), 1});
    const Tensor h0 = make(target, std::vector<double>(N * H, 0.5), Shape{N, H});
    const auto run = [&](bool training, std::uint64_t step, bool persistent) {
      const Context context{.stream = target.stream,
                            .training = training,
                            .seed = 1,
                            .step = step,
                            .persistent_rnn = persistent,
                            .packing = &packing};
      LayerCall call(layer);
      return numbers(call.forward(context, {x, h0})[0]);
    };
    const std::vector<double> h = run(true, 1, false);
    std::int64_t dropped = 0;
    for (std::int64_t r = 0; r < N; ++r)
      for (std::int64_t j = 0; j < H; ++j) {
        const auto at = [&](std::int64_t t) {
          return h[static_cast<std::size_t>((packing.offset(t) + r) * H + j)];
        };
        dropped += at(0) == 0;
        if (at(0) != 0) CHECK(std::abs(at(0) - std::tanh(0.5 / 0.75)) < 0.01);
        for (std::int64_t t = 1; t < packing.steps() && r < packing.size(t); ++t)
          CHECK((at(t) == 0) == (at(0) == 0));
      }
    CHECK(dropped > 25);  // of 200, a quarter
    CHECK(dropped < 75);
    CHECK(run(true, 1, false) == h);
    CHECK(run(true, 1, true) == h);  // one kernel for all steps does not know of it and is not used
    CHECK(run(true, 2, false) != h);
    const std::vector<double> all = run(false, 1, false);
    CHECK(std::count(all.begin(), all.end(), 0.0) == 0);
  });
}
