// PyTorch's and cuDNN's LSTM weights have the gates in the order i, f, g, o, one (out, in) matrix per input
// and two biases; here the order is i, f, o, g, the matrices are (in, out), and there is one bias. The test
// holds the permutation against PyTorch's formula (documentation of torch.nn.LSTM), written down as it stands
// there:
//
//     i = sigmoid(W_ii x + b_ii + W_hi h + b_hi)      g = tanh(W_ig x + b_ig + W_hg h + b_hg)
//     f = sigmoid(W_if x + b_if + W_hf h + b_hf)      o = sigmoid(W_io x + b_io + W_ho h + b_ho)
//     c' = f c + i g                                  h' = o tanh(c')
#include "layers/recurrent.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Values = std::vector<double>;

struct TorchLstm {
  std::size_t D, H;
  Values weight_ih;         // (4H, D)
  Values weight_hh;         // (4H, H)
  Values bias_ih, bias_hh;  // (4H)

  double gate(std::size_t row, const double* x, const double* h) const {
    double sum = bias_ih[row] + bias_hh[row];
    for (std::size_t k = 0; k < D; ++k) sum += weight_ih[row * D + k] * x[k];
    for (std::size_t k = 0; k < H; ++k) sum += weight_hh[row * H + k] * h[k];
    return sum;
  }

  /// h after each step of one sequence x (T, D) from h0 and c = 0: (T, H).
  Values run(const Values& x, Values h) const {
    const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
    Values c(H), all;
    for (std::size_t t = 0; t < x.size() / D; ++t) {
      Values next(H);
      for (std::size_t j = 0; j < H; ++j) {
        const double i = sigmoid(gate(j, &x[t * D], h.data()));
        const double f = sigmoid(gate(H + j, &x[t * D], h.data()));
        const double g = std::tanh(gate(2 * H + j, &x[t * D], h.data()));
        const double o = sigmoid(gate(3 * H + j, &x[t * D], h.data()));
        c[j] = f * c[j] + i * g;
        next[j] = o * std::tanh(c[j]);
      }
      h = next;
      all.insert(all.end(), h.begin(), h.end());
    }
    return all;
  }
};

// Where a gate of ours stands in PyTorch's order. The permutation is its own inverse.
constexpr std::size_t gate_order[4] = {0, 1, 3, 2};

// PyTorch's (4H, width) to ours (width, 4H).
Values import_matrix(const Values& theirs, std::size_t width, std::size_t H) {
  Values ours(theirs.size());
  for (std::size_t gate = 0; gate < 4; ++gate)
    for (std::size_t j = 0; j < H; ++j)
      for (std::size_t k = 0; k < width; ++k)
        ours[k * 4 * H + gate * H + j] = theirs[(gate_order[gate] * H + j) * width + k];
  return ours;
}

// Ours (width, 4H) to PyTorch's (4H, width).
Values export_matrix(const Values& ours, std::size_t width, std::size_t H) {
  Values theirs(ours.size());
  for (std::size_t gate = 0; gate < 4; ++gate)
    for (std::size_t j = 0; j < H; ++j)
      for (std::size_t k = 0; k < width; ++k)
        theirs[(gate_order[gate] * H + j) * width + k] = ours[k * 4 * H + gate * H + j];
  return theirs;
}

TorchLstm random_torch_lstm(std::size_t D, std::size_t H) {
  const auto numbers = [](std::size_t n, std::uint64_t seed) {
    return draw(static_cast<std::int64_t>(n), seed, 0.5);
  };
  return {D, H, numbers(4 * H * D, 1), numbers(4 * H * H, 2), numbers(4 * H, 3), numbers(4 * H, 4)};
}

void set_parameters(const Target& target, Layer& layer, const Values& wx, const Values& wh, const Values& b) {
  const Values* values[] = {&wx, &wh, &b};
  for (std::size_t i = 0; i < 3; ++i) {
    const Tensor& parameter = layer.parameters()[i].value;
    copy(target.stream, make(target, *values[i], parameter.shape()), parameter);
  }
}

constexpr std::int64_t T = 5;

Values run_ours(const Target& target, const Layer& layer, const Values& x, const Values& h0) {
  const Packing packing = Packing::full(1, T);
  const Context context{.stream = target.stream, .packing = &packing};
  LayerCall call(layer);
  const auto H = static_cast<std::int64_t>(h0.size());
  return numbers(call.forward(
      context, {make(target, x, {T, static_cast<std::int64_t>(x.size()) / T}), make(target, h0, {1, H})})[0]);
}

}  // namespace

TEST_CASE("PyTorch's LSTM weights, permuted and transposed, give PyTorch's result") {
  const std::size_t D = 7, H = 5;
  const TorchLstm torch = random_torch_lstm(D, H);
  const Values x = draw(T * D, 10);
  const Values h0 = draw(H, 11);
  Values b = import_matrix(torch.bias_ih, 1, H);
  const Values second = import_matrix(torch.bias_hh, 1, H);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] += second[i];
  on_every_target_of(DType::float64, [&](const Target& target) {
    LSTM layer(D, H);
    const ParameterSet parameters = make_parameters(target, layer);
    set_parameters(target, layer, import_matrix(torch.weight_ih, D, H), import_matrix(torch.weight_hh, H, H),
                   b);
    const Values want = torch.run(x, h0);
    check_alike(target, "imported", make(target, run_ours(target, layer, x, h0)), want, T * (D + H));

    // The order matters: the same weights only transposed are another network.
    const auto only_transposed = [&](const Values& matrix, std::size_t width) {
      Values result(matrix.size());
      for (std::size_t r = 0; r < 4 * H; ++r)
        for (std::size_t k = 0; k < width; ++k) result[k * 4 * H + r] = matrix[r * width + k];
      return result;
    };
    set_parameters(target, layer, only_transposed(torch.weight_ih, D), only_transposed(torch.weight_hh, H),
                   b);
    const Values other = run_ours(target, layer, x, h0);
    CHECK(std::abs(other.back() - want.back()) > 0.01);
  });
}

TEST_CASE("exported LSTM weights run in PyTorch's formula, and come back with the same bits") {
  const std::size_t D = 3, H = 6;
  const Values x = draw(T * D, 20);
  const Values h0 = draw(H, 21);
  on_every_target_of(DType::float64, [&](const Target& target) {
    LSTM layer(D, H);
    const ParameterSet parameters = make_parameters(target, layer);
    const Values wx = numbers(layer.parameters()[0].value);
    const Values wh = numbers(layer.parameters()[1].value);
    const Values b = numbers(layer.parameters()[2].value);
    const TorchLstm torch{
        D, H, export_matrix(wx, D, H), export_matrix(wh, H, H), export_matrix(b, 1, H), Values(4 * H)};
    check_alike(target, "exported", make(target, run_ours(target, layer, x, h0)), torch.run(x, h0),
                T * (D + H));
    CHECK(import_matrix(torch.weight_ih, D, H) == wx);
    CHECK(import_matrix(torch.weight_hh, H, H) == wh);
    CHECK(import_matrix(torch.bias_ih, 1, H) == b);
  });
}
