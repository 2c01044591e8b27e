#include "kernels/recurrent_cell.h"

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Extents {
  std::int64_t n, n_next, H;
};
constexpr Extents extents[] = {{0, 0, 8},    {1, 0, 1},     {1, 1, 31},   {31, 17, 33},
                               {33, 0, 257}, {43, 43, 597}, {2, 1, 9001}, {257, 100, 64}};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

TEST_CASE("the RNN cell, forward and backward, in place too") {
  on_every_target([](const Target& target) {
    for (const auto [n, n_next, H] : extents) {
      INFO("n = " << n << ", n_next = " << n_next << ", H = " << H);
      const Shape shape{n, H};
      const Tensor a = make_normal(target, shape, 1);
      const Tensor h = make_zeros(target, shape);
      auto want = numbers(a);
      for (auto& v : want) v = std::tanh(v);
      kernels::rnn_cell_forward(target.stream, a, h, n, H);
      check_close(target, h, want);
      kernels::rnn_cell_forward(target.stream, a, a, n, H);
      CHECK(same_bits(a, h));

      const Tensor dh = make_normal(target, shape, 2);
      const Tensor dh_next = make_normal(target, Shape{n_next, H}, 3);
      const Tensor da = make_zeros(target, shape);
      const auto vh = numbers(h);
      const auto vd = numbers(dh);
      const auto later = numbers(dh_next);
      std::vector<double> size(vh.size());
      for (std::size_t i = 0; i < vh.size(); ++i) {
        const double next = i < later.size() ? later[i] : 0;
        want[i] = (vd[i] + next) * (1 - vh[i] * vh[i]);
        size[i] = std::abs(vd[i]) + std::abs(next);
      }
      kernels::rnn_cell_backward(target.stream, h, dh, dh_next, da, n, n_next, H);
      check_close(target, da, want, size);
      if (n_next == 0) {
        kernels::rnn_cell_backward(target.stream, h, dh, Tensor{}, dh, n, n_next, H);
        CHECK(same_bits(dh, da));
      }
    }
  });
}

TEST_CASE("the LSTM cell forward, with and without a previous state") {
  on_every_target([](const Target& target) {
    for (const auto [n, n_next, H] : extents)
      for (const bool first : {false, true}) {
        INFO("n = " << n << ", H = " << H << ", first step: " << first);
        const Tensor a = make_normal(target, Shape{n, 4 * H}, 1);
        const Tensor c_prev = first ? Tensor{} : make_normal(target, Shape{n, H}, 2);
        const Tensor c = make_zeros(target, Shape{n, H});
        const Tensor h = make_zeros(target, Shape{n, H});
        auto gates = numbers(a);
        const auto before = first ? std::vector<double>(index(n * H)) : numbers(c_prev);
        std::vector<double> state(index(n * H)), state_size(index(n * H));
        std::vector<double> out(index(n * H)), out_size(index(n * H));
        for (std::int64_t r = 0; r < n; ++r)
          for (std::int64_t j = 0; j < H; ++j) {
            double* row = &gates[index(r * 4 * H + j)];
            const std::size_t k = index(r * H + j);
            for (const int gate : {0, 1, 2}) row[gate * H] = sigmoid(row[gate * H]);
            row[3 * H] = std::tanh(row[3 * H]);
            state[k] = row[H] * before[k] + row[0] * row[3 * H];
            state_size[k] = std::abs(row[H] * before[k]) + std::abs(row[0] * row[3 * H]);
            out[k] = row[2 * H] * std::tanh(state[k]);
            out_size[k] = row[2 * H] * state_size[k];
          }
        kernels::lstm_cell_forward(target.stream, a, c_prev, c, h, n, H);
        check_close(target, a, gates);
        check_close(target, c, state, state_size);
        check_close(target, h, out, out_size);
        if (!first) {  // the state may be updated in place
          const Tensor again = make_normal(target, Shape{n, 4 * H}, 1);
          kernels::lstm_cell_forward(target.stream, again, c_prev, c_prev, h, n, H);
          CHECK(same_bits(c_prev, c));
        }
      }
  });
}

TEST_CASE("the LSTM cell backward, where the batch shrinks and at both ends of the sequence") {
  on_every_target([](const Target& target) {
    for (const auto [n, n_next, H] : extents)
      for (const bool first : {false, true}) {
        INFO("n = " << n << ", n_next = " << n_next << ", H = " << H << ", first step: " << first);
        const Shape shape{n, H};
        auto activated = draw(4 * n * H, 1);
        for (std::int64_t i = 0; i < 4 * n * H; ++i)
          activated[index(i)] =
              i % (4 * H) < 3 * H ? sigmoid(activated[index(i)]) : std::tanh(activated[index(i)]);
        const Tensor gates = make(target, activated, Shape{n, 4 * H});
        const Tensor c_prev = first ? Tensor{} : make_normal(target, shape, 2);
        const Tensor c = make_normal(target, shape, 3);
        const Tensor dh = make_normal(target, shape, 4);
        const Tensor dh_next = n_next == 0 ? Tensor{} : make_normal(target, Shape{n_next, H}, 5);
        // Rows past n_next are not read, whatever is in them.
        auto state_gradient = draw(n * H, 6);
        for (std::int64_t i = n_next * H; i < n * H; ++i) state_gradient[index(i)] = std::nan("");
        const Tensor dc = make(target, state_gradient, shape);

        const auto g = numbers(gates);
        const auto before = first ? std::vector<double>(index(n * H)) : numbers(c_prev);
        const auto state = numbers(c);
        const auto above = numbers(dh);
        const auto later = n_next == 0 ? std::vector<double>{} : numbers(dh_next);
        const auto dc_before = numbers(dc);
        std::vector<double> da(g.size()), da_size(g.size()), dprev(state.size()), dprev_size(state.size());
        for (std::int64_t r = 0; r < n; ++r)
          for (std::int64_t j = 0; j < H; ++j) {
            const std::size_t k = index(r * H + j);
            const std::size_t at[] = {index(r * 4 * H + j), index(r * 4 * H + H + j),
                                      index(r * 4 * H + 2 * H + j), index(r * 4 * H + 3 * H + j)};
            const double gi = g[at[0]], gf = g[at[1]], go = g[at[2]], gg = g[at[3]];
            const double squashed = std::tanh(state[k]);
            const double next = r < n_next ? later[k] : 0;
            const double carried = r < n_next ? dc_before[k] : 0;
            const double d = above[k] + next;
            const double d_size = std::abs(above[k]) + std::abs(next);
            const double e = carried + d * go * (1 - squashed * squashed);
            const double e_size = std::abs(carried) + d_size * go;
            da[at[0]] = e * gg * gi * (1 - gi);
            da[at[1]] = e * before[k] * gf * (1 - gf);
            da[at[2]] = d * squashed * go * (1 - go);
            da[at[3]] = e * gi * (1 - gg * gg);
            da_size[at[0]] = e_size * std::abs(gg) * gi;
            da_size[at[1]] = e_size * std::abs(before[k]) * gf;
            da_size[at[2]] = d_size * std::abs(squashed) * go;
            da_size[at[3]] = e_size * gi;
            dprev[k] = e * gf;
            dprev_size[k] = e_size * gf;
          }
        kernels::lstm_cell_backward(target.stream, gates, c_prev, c, dh, dh_next, dc, n, n_next, H);
        check_close(target, gates, da, da_size);
        check_close(target, dc, dprev, dprev_size);
      }
  });
}
