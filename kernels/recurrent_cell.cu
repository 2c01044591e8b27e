#include "kernels/recurrent_cell.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void rnn_cell_forward(const Stream& stream, const T* a, T* h, std::int64_t n, std::int64_t H) {
  for_each(stream, n * H, [=] DLCORE_DEVICE(std::int64_t i) { store(h[i], tangent(load(a[i]))); });
}

template <class T>
void rnn_cell_backward(const Stream& stream, const T* h, const T* dh, const T* dh_next, T* da, std::int64_t n,
                       std::int64_t n_next, std::int64_t H) {
  using A = Arithmetic<T>;
  const std::int64_t continued = n_next * H;
  for_each(stream, n * H, [=] DLCORE_DEVICE(std::int64_t i) {
    const A value = load(h[i]);
    const A later = i < continued ? load(dh_next[i]) : A(0);
    store(da[i], (load(dh[i]) + later) * (A(1) - value * value));
  });
}

template <class T>
void lstm_cell_forward(const Stream& stream, T* a, const T* c_prev, T* c, T* h, std::int64_t n,
                       std::int64_t H) {
  using A = Arithmetic<T>;
  for_each(stream, n, H, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t j) {
    T* row = a + r * 4 * H;
    const std::int64_t k = r * H + j;
    const A i = sigmoid(load(row[j]));
    const A f = sigmoid(load(row[H + j]));
    const A o = sigmoid(load(row[2 * H + j]));
    const A g = tangent(load(row[3 * H + j]));
    const A before = c_prev == nullptr ? A(0) : load(c_prev[k]);
    const A state = f * before + i * g;
    store(row[j], i);
    store(row[H + j], f);
    store(row[2 * H + j], o);
    store(row[3 * H + j], g);
    store(c[k], state);
    store(h[k], o * tangent(state));
  });
}

// What may be absent is replaced by something that can be read (a load under a condition would keep the loop
// from being vectorised): a state that does not count by c times 0, a gradient that does not come by one not
// used.
template <class T>
void lstm_cell_backward(const Stream& stream, T* gates, const T* c_prev, const T* c, const T* dh,
                        const T* dh_next, T* dc, std::int64_t n, std::int64_t n_next, std::int64_t H) {
  using A = Arithmetic<T>;
  const A present = A(c_prev == nullptr ? 0 : 1);
  for_each_row(stream, n, H, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const bool continued = r < n_next;
    T* row = gates + r * 4 * H;
    const T* state = c + r * H;
    const T* above = dh + r * H;
    const T* previous = c_prev == nullptr ? state : c_prev + r * H;
    const T* later = continued ? dh_next + r * H : above;
    T* carried = dc + r * H;
    team.each(H, [=](std::int64_t j) {
      const A i = load(row[j]);
      const A f = load(row[H + j]);
      const A o = load(row[2 * H + j]);
      const A g = load(row[3 * H + j]);
      const A before = present * load(previous[j]);
      const A squashed = tangent(load(state[j]));
      const A next = load(later[j]);
      const A kept = load(carried[j]);
      const A d = load(above[j]) + (continued ? next : A(0));
      const A e = (continued ? kept : A(0)) + d * o * (A(1) - squashed * squashed);
      store(row[j], e * g * i * (A(1) - i));
      store(row[H + j], e * before * f * (A(1) - f));
      store(row[2 * H + j], d * squashed * o * (A(1) - o));
      store(row[3 * H + j], e * i * (A(1) - g * g));
      store(carried[j], e * f);
    });
  });
}

DLCORE_INSTANTIATE(rnn_cell_forward)
DLCORE_INSTANTIATE(rnn_cell_backward)
DLCORE_INSTANTIATE(lstm_cell_forward)
DLCORE_INSTANTIATE(lstm_cell_backward)

}  // namespace dlcore::kernels::DLCORE_TARGET
