#include "kernels/channels.h"

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Extents {
  std::int64_t N, S, C;
};
constexpr Extents pictures[] = {{0, 3, 5}, {1, 1, 1}, {3, 1, 33}, {2, 49, 31}, {5, 16, 400}, {1, 257, 65}};

}  // namespace

TEST_CASE("transposing pictures, and the way back") {
  on_every_target([](const Target& target) {
    for (const auto [N, S, C] : pictures) {
      INFO(N << " pictures of " << S << " pixels of " << C);
      const Tensor x = make_normal(target, {N, S, C}, 1);
      const Tensor y = make_zeros(target, {N, C, S});
      kernels::transpose(target.stream, x, y, false, N, S, C);
      const auto vx = numbers(x);
      std::vector<double> want(vx.size());
      for (std::size_t i = 0; i < vx.size(); ++i) {
        const auto c = static_cast<std::int64_t>(i) % C;
        const auto s = static_cast<std::int64_t>(i) / C % S;
        const auto n = static_cast<std::int64_t>(i) / (C * S);
        want[static_cast<std::size_t>((n * C + c) * S + s)] = vx[i];
      }
      check_close(target, y, want);
      const Tensor back = make_zeros(target, {N, S, C});
      kernels::transpose(target.stream, y, back, false, N, C, S);
      CHECK(same_bits(back, x));
      kernels::transpose(target.stream, y, back, true, N, C, S);
      std::vector<double> twice(vx);
      for (auto& v : twice) v *= 2;
      check_close(target, back, twice);
      kernels::transpose(target.stream, x, y, true, N, S, C);
      for (auto& v : want) v *= 2;
      check_close(target, y, want);
    }
  });
}

TEST_CASE("scaling channels, and the ways back") {
  on_every_target([](const Target& target) {
    for (const auto [N, S, C] : pictures) {
      INFO(N << " pictures of " << S << " pixels of " << C);
      const Tensor x = make_normal(target, {N, S, C}, 1), dy = make_normal(target, {N, S, C}, 2);
      const Tensor gate = make_normal(target, {N, C}, 3), dmean = make_normal(target, {N, C}, 4);
      const Tensor y = make_zeros(target, {N, S, C}), dx = make_zeros(target, {N, S, C});
      const Tensor dgate = make_zeros(target, {N, C});
      kernels::scale_channels(target.stream, x, gate, y, N, S, C);
      kernels::scale_channels_backward_gate(target.stream, x, dy, dgate, N, S, C);
      kernels::scale_channels_backward(target.stream, dy, gate, dmean, dx, N, S, C);
      const auto vx = numbers(x), vdy = numbers(dy), vg = numbers(gate), vm = numbers(dmean);
      std::vector<double> want_y, want_dx, size_dx, want_gate(vg.size()), size_gate(vg.size());
      for (std::size_t i = 0; i < vx.size(); ++i) {
        const auto c = static_cast<std::int64_t>(i) % C;
        const auto k = static_cast<std::size_t>(static_cast<std::int64_t>(i) / (C * S) * C + c);
        want_y.push_back(vx[i] * vg[k]);
        want_dx.push_back(vdy[i] * vg[k] + vm[k] / static_cast<double>(S));
        size_dx.push_back(std::abs(vdy[i] * vg[k]) + std::abs(vm[k]) / static_cast<double>(S));
        want_gate[k] += vx[i] * vdy[i];
        size_gate[k] += std::abs(vx[i] * vdy[i]);
      }
      check_close(target, y, want_y);
      check_close(target, dx, want_dx, size_dx);
      check_close(target, dgate, want_gate, size_gate, sum_factor(S));
    }
  });
}
