#include "kernels/channels.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void transpose(const Stream& stream, const T* x, T* y, bool accumulate, std::int64_t N, std::int64_t R,
               std::int64_t C) {
  using A = Arithmetic<T>;
  if (!accumulate)
    return for_each(stream, N * C, R, [=] DLCORE_DEVICE(std::int64_t k, std::int64_t r) {
      y[k * R + r] = x[(k / C * R + r) * C + k % C];
    });
  for_each(stream, N * C, R, [=] DLCORE_DEVICE(std::int64_t k, std::int64_t r) {
    const A term = load(x[(k / C * R + r) * C + k % C]);
    store(y[k * R + r], load(y[k * R + r]) + term);
  });
}

template <class T>
void exchange_leading(const Stream& stream, const T* x, T* y, std::int64_t A, std::int64_t B,
                      std::int64_t C) {
  for_each(stream, B * A, C, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    y[r * C + c] = x[(r % A * B + r / A) * C + c];
  });
}

template <class T>
void take_last(const Stream& stream, const T* x, T* y, std::int64_t N, std::int64_t steps, std::int64_t C) {
  for_each(stream, N, C, [=] DLCORE_DEVICE(std::int64_t n, std::int64_t c) {
    y[n * C + c] = x[((n + 1) * steps - 1) * C + c];
  });
}

template <class T>
void take_last_backward(const Stream& stream, const T* dy, T* dx, std::int64_t N, std::int64_t steps,
                        std::int64_t C) {
  for_each(stream, N * steps, C, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    dx[r * C + c] = r % steps == steps - 1 ? dy[r / steps * C + c] : T{};
  });
}

template <class T>
void scale_channels(const Stream& stream, const T* x, const T* gate, T* y, std::int64_t N, std::int64_t S,
                    std::int64_t C) {
  for_each(stream, N * S, C, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    store(y[r * C + c], load(x[r * C + c]) * load(gate[r / S * C + c]));
  });
}

template <class T>
void scale_channels_backward_gate(const Stream& stream, const T* x, const T* dy, T* dgate, std::int64_t N,
                                  std::int64_t S, std::int64_t C) {
  using A = Arithmetic<T>;
  constexpr std::int64_t tile = 64;  // channels of a team: with few pictures, enough teams
  const std::int64_t tiles = (C + tile - 1) / tile;
  for_each_row(stream, N * tiles, tile, [=] DLCORE_DEVICE(std::int64_t k, const Team& team) {
    const std::int64_t n = k / tiles;
    const std::int64_t first = k % tiles * tile;
    const std::int64_t width = smaller(tile, C - first);
    team.each_sum(
        width, S,
        [=](std::int64_t s) {
          const std::int64_t begin = (n * S + s) * C + first;
          return [=](std::int64_t c) { return load(dy[begin + c]) * load(x[begin + c]); };
        },
        [=](std::int64_t c, A total) { store(dgate[n * C + first + c], total); });
  });
}

template <class T>
void scale_channels_backward(const Stream& stream, const T* dy, const T* gate, const T* dmean, T* dx,
                             std::int64_t N, std::int64_t S, std::int64_t C) {
  using A = Arithmetic<T>;
  const A share = A(1) / static_cast<A>(S);
  for_each(stream, N * S, C, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    const std::int64_t k = r / S * C + c;
    store(dx[r * C + c], load(dy[r * C + c]) * load(gate[k]) + load(dmean[k]) * share);
  });
}

DLCORE_INSTANTIATE(transpose)
DLCORE_INSTANTIATE(exchange_leading)
DLCORE_INSTANTIATE(take_last)
DLCORE_INSTANTIATE(take_last_backward)
DLCORE_INSTANTIATE(scale_channels)
DLCORE_INSTANTIATE(scale_channels_backward_gate)
DLCORE_INSTANTIATE(scale_channels_backward)

}  // namespace dlcore::kernels::DLCORE_TARGET
