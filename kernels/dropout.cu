#include "kernels/dropout.h"

#include "core/philox.h"
#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void dropout(const Stream& stream, const T* x, T* y, double p, std::uint64_t seed, std::uint64_t step,
             std::uint64_t site, std::int64_t n) {
  using A = Arithmetic<T>;
  const auto factor = static_cast<A>(1 / (1 - p));
  const auto threshold = static_cast<std::uint32_t>(p * 0x1p32);  // dropped when the random word is below it
  const std::uint64_t subsequence = (site << 48) ^ step;
  // One Philox call decides four elements, a quarter of the tensor apart: neighbouring calls then write
  // neighbouring elements, so that the loop vectorises. The last few calls have no fourth (third, ...)
  // element.
  const std::int64_t quarter = (n + 3) / 4;
  const std::int64_t whole = n > 3 * quarter ? n - 3 * quarter : 0;
  for_each(stream, whole, [=] DLCORE_DEVICE(std::int64_t b) {
    const PhiloxWords words = philox(seed, static_cast<std::uint64_t>(b), subsequence);
    for (int k = 0; k < 4; ++k) {
      const std::int64_t i = k * quarter + b;
      const A kept = load(x[i]) * factor;
      store(y[i], words.word[k] < threshold ? A(0) : kept);
    }
  });
  for_each(stream, quarter - whole, [=] DLCORE_DEVICE(std::int64_t rest) {
    const std::int64_t b = whole + rest;
    const PhiloxWords words = philox(seed, static_cast<std::uint64_t>(b), subsequence);
    for (int k = 0; k < 4; ++k) {
      const std::int64_t i = k * quarter + b;
      if (i < n) store(y[i], words.word[k] < threshold ? A(0) : load(x[i]) * factor);
    }
  });
}

DLCORE_INSTANTIATE(dropout)

}  // namespace dlcore::kernels::DLCORE_TARGET
