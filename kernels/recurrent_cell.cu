#include "kernels/recurrent_cell.h"

#include "kernels/elements.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void rnn_cell_forward(const Stream& stream, const T* a, T* h, std::int64_t n, std::int64_t H) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n * H, [=] DLCORE_DEVICE(A sum, A & result) { result = tangent(sum); }, reads(a), writes(h));
}

template <class T>
void rnn_cell_backward(const Stream& stream, const T* h, const T* dh, const T* dh_next, T* da, std::int64_t n,
                       std::int64_t n_next, std::int64_t H) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, n, H,
      [=] DLCORE_DEVICE(A value, A above, A later, A & result) {
        result = (above + later) * (A(1) - value * value);
      },
      reads(h, H), reads(dh, H), reads_rows(dh_next, H, n_next, dh), writes(da, H));
}

template <class T>
void lstm_cell_forward(const Stream& stream, T* a, const T* c_prev, T* c, T* h, std::int64_t n,
                       std::int64_t H) {
  using A = Arithmetic<T>;
  const auto i_rows = updates(a, 4 * H), f_rows = updates(a + H, 4 * H), o_rows = updates(a + 2 * H, 4 * H),
             g_rows = updates(a + 3 * H, 4 * H);
  const auto activate = [=] DLCORE_DEVICE(A & i, A & f, A & o, A & g) {
    i = sigmoid(i);
    f = sigmoid(f);
    o = sigmoid(o);
    g = tangent(g);
  };
  if (c_prev == nullptr)
    return for_each_element(
        stream, n, H,
        [=] DLCORE_DEVICE(A & i, A & f, A & o, A & g, A & state, A & result) {
          activate(i, f, o, g);
          state = i * g;
          result = o * tangent(state);
        },
        i_rows, f_rows, o_rows, g_rows, writes(c, H), writes(h, H));
  for_each_element(
      stream, n, H,
      [=] DLCORE_DEVICE(A & i, A & f, A & o, A & g, A previous, A & state, A & result) {
        activate(i, f, o, g);
        state = f * previous + i * g;
        result = o * tangent(state);
      },
      i_rows, f_rows, o_rows, g_rows, reads(c_prev, H), writes(c, H), writes(h, H));
}

template <class T>
void lstm_cell_backward(const Stream& stream, T* gates, const T* c_prev, const T* c, const T* dh,
                        const T* dh_next, T* dc, std::int64_t n, std::int64_t n_next, std::int64_t H) {
  using A = Arithmetic<T>;
  const std::int64_t before = c_prev == nullptr ? 0 : n;
  for_each_element(
      stream, n, H,
      [=] DLCORE_DEVICE(A & i, A & f, A & o, A & g, A previous, A state, A above, A later, A & carried) {
        const A squashed = tangent(state);
        const A d = above + later;
        const A e = carried + d * o * (A(1) - squashed * squashed);
        const A di = e * g * i * (A(1) - i);
        const A dg = e * i * (A(1) - g * g);
        carried = e * f;
        f = e * previous * f * (A(1) - f);
        o = d * squashed * o * (A(1) - o);
        i = di;
        g = dg;
      },
      updates(gates, 4 * H), updates(gates + H, 4 * H), updates(gates + 2 * H, 4 * H),
      updates(gates + 3 * H, 4 * H), reads_rows(c_prev, H, before, c), reads(c, H), reads(dh, H),
      reads_rows(dh_next, H, n_next, dh), updates_rows(dc, H, n_next));
}

DLCORE_INSTANTIATE(rnn_cell_forward)
DLCORE_INSTANTIATE(rnn_cell_backward)
DLCORE_INSTANTIATE(lstm_cell_forward)
DLCORE_INSTANTIATE(lstm_cell_backward)

}  // namespace dlcore::kernels::DLCORE_TARGET
