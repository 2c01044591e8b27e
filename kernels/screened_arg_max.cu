#include "kernels/screened_arg_max.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void round_rows(const Stream& stream, const T* x, bfloat16* y, float* norm, float* error, std::int64_t rows,
                std::int64_t cols) {
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* from = x + r * cols;
    bfloat16* into = y + r * cols;
    team.each(cols, [=](std::int64_t c) { store(into[c], static_cast<float>(load(from[c]))); });
    team.sync();
    const float squares = team.sum(cols, [=](std::int64_t c) {
      const float value = static_cast<float>(load(from[c]));
      return value * value;
    });
    const float errors = team.sum(cols, [=](std::int64_t c) {
      const float value = static_cast<float>(load(from[c])) - load(into[c]);
      return value * value;
    });
    if (!team.leader()) return;
    norm[r] = root(squares);
    error[r] = root(errors);
  });
}

template <class T>
void screened_arg_max(const Stream& stream, const T* h, const T* w, const T* bias,
                      const bfloat16* approximate, const float* h_norm, const float* h_error,
                      const float* w_norm, const float* w_error, std::int32_t* index, std::int64_t n,
                      std::int64_t V, std::int64_t H) {
  // A little over half of bfloat16's last place, of what is stored; of float32's, twice for each term of a
  // sum and of these bounds; and what products below the normal range lose.
  constexpr float rounding = 1.0f / 250, smallest = 1e-30f;
  const float summing = static_cast<float>(H + 16) / (1 << 23);
  for_each_row(stream, n, 3 * V, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const bfloat16* products = approximate + r * V;
    const float slack = 1 + summing;
    const float of_norm = slack * (h_error[r] + summing * (h_norm[r] + h_error[r]));
    const float of_error = slack * (h_error[r] + h_norm[r] + summing * (h_norm[r] + h_error[r]));
    const auto bound = [=](std::int64_t c) {
      const float product = load(products[c]), b = static_cast<float>(load(bias[c]));
      return of_norm * w_norm[c] + of_error * w_error[c] + rounding * (product < 0 ? -product : product) +
             summing * (b < 0 ? -b : b) + smallest;
    };
    const auto value = [=](std::int64_t c) { return load(products[c]) + static_cast<float>(load(bias[c])); };
    const float least = team.max(V, [=](std::int64_t c) { return value(c) - bound(c); });
    const auto may_be_largest = [=](std::int64_t c) { return !(value(c) + bound(c) < least); };  // or is NaN
    double best = -__builtin_huge_val();
    std::int64_t where = 0;
    bool found = false;
    for (std::int64_t c = team.find(V, 0, may_be_largest); c < V; c = team.find(V, c + 1, may_be_largest)) {
      const double sum = team.sum(H, [=](std::int64_t k) {
        return static_cast<double>(load(h[r * H + k])) * static_cast<double>(load(w[c * H + k]));
      });
      const double exact = sum + static_cast<double>(load(bias[c]));
      if (exact > best || (!found && exact == best)) {
        best = exact;
        where = c;
        found = true;
      }
    }
    if (team.leader()) index[r] = static_cast<std::int32_t>(where);
  });
}

DLCORE_INSTANTIATE(round_rows)
DLCORE_INSTANTIATE(screened_arg_max)

}  // namespace dlcore::kernels::DLCORE_TARGET
