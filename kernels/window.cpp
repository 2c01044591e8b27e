#include "kernels/window.h"

namespace dlcore::kernels {

std::int64_t WindowAxis::outputs(std::int64_t n) const {
  const std::int64_t room = n + 2 * padding - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

}  // namespace dlcore::kernels
