#include "kernels/persistent_recurrent.h"

#include <initializer_list>

#include "core/format.h"
#include "core/profile.h"
#include "kernels/persistent_vendor.h"

namespace dlcore::kernels {
namespace {

// A tensor by its name in messages; an optional one may be undefined.
struct Argument {
  const char* name;
  const Tensor& tensor;
  Shape shape;
  bool optional = false;
};
using Arguments = std::initializer_list<Argument>;

void check(const char* operation, const Stream& stream, DType type, Arguments arguments) {
  for (const auto& [name, tensor, shape, optional] : arguments)
    require((optional && !tensor.defined()) || (tensor.defined() && tensor.shape() == shape &&
                                                tensor.dtype() == type && tensor.device() == stream.device()),
            "{}: expected {} to be {} {} on {}, not {}", operation, name, type, shape, stream.device(),
            tensor);
}

bool aligned(Arguments arguments) {
  std::uintptr_t bits = 0;
  for (const Argument& argument : arguments) bits |= reinterpret_cast<std::uintptr_t>(argument.tensor.raw());
  return bits % 16 == 0;
}

// Counts `rows` rows through the recurrent weights.
void describe(const ProfileSpan& span, const RecurrentSteps& steps, std::int64_t rows, Arguments arguments) {
  if (!span.recorded()) return;
  double bytes = 0;
  for (const Argument& argument : arguments)
    if (argument.tensor.defined()) bytes += static_cast<double>(argument.tensor.bytes());
  span.describe(2.0 * static_cast<double>(rows * steps.H * steps.gates * steps.H), bytes,
                fmt::format("{} steps of {} units", steps.rows.size(), steps.H));
}

std::int64_t tokens_of(const RecurrentSteps& steps) {
  std::int64_t tokens = 0;
  for (const std::int64_t n : steps.rows) tokens += n;
  return tokens;
}

}  // namespace

bool persistent_recurrent_fits(const Stream& stream, DType type, const RecurrentSteps& steps) {
  return stream.device().is_cuda() && persistent_fits_cuda(stream, type, steps);
}

bool persistent_recurrent_forward(const Stream& stream, const RecurrentSteps& steps,
                                  const RecurrentForward& x) {
  const DType type = x.projected.dtype();
  if (!persistent_recurrent_fits(stream, type, steps)) return false;
  const std::int64_t tokens = tokens_of(steps), H = steps.H, width = steps.gates * H;
  const bool lstm = steps.gates > 1;
  const Arguments arguments{
      {"projected", x.projected, {x.row.defined() ? x.projected.shape().rows() : tokens, width}},
      {"Wh", x.Wh, {H, width}},
      {"h0", x.h0, {x.h0.shape().rows(), H}},
      {"gates", x.gates, {tokens, width}, !lstm},
      {"c", x.c, {tokens, H}, !lstm},
      {"h", x.h, {tokens, H}}};
  check("persistent_recurrent_forward", stream, type, arguments);
  check("persistent_recurrent_forward", stream, DType::int32, {{"row", x.row, {tokens}, true}});
  require(x.h0.size(0) >= steps.rows.front(), "persistent_recurrent_forward: h0 {} has not {} rows",
          x.h0.shape(), steps.rows.front());
  if (!aligned(arguments)) return false;
  const ProfileSpan span(Profile::Kind::kernel, "persistent_recurrent_forward");
  describe(span, steps, tokens, arguments);
  persistent_forward_cuda(stream, steps, x);
  return true;
}

bool persistent_recurrent_backward(const Stream& stream, const RecurrentSteps& steps,
                                   const RecurrentBackward& x) {
  const DType type = x.dh.dtype();
  if (!persistent_recurrent_fits(stream, type, steps)) return false;
  const std::int64_t tokens = tokens_of(steps), H = steps.H, width = steps.gates * H;
  const std::int64_t N = x.h0.shape().rows();
  const bool lstm = steps.gates > 1;
  const Arguments arguments{{"Wh", x.Wh, {H, width}},    {"h0", x.h0, {N, H}},
                            {"h", x.h, {tokens, H}},     {"c", x.c, {tokens, H}, !lstm},
                            {"dh", x.dh, {tokens, H}},   {"da", x.da, {tokens, width}},
                            {"dc", x.dc, {N, H}, !lstm}, {"h_previous", x.h_previous, {tokens, H}},
                            {"dh0", x.dh0, {N, H}, true}};
  check("persistent_recurrent_backward", stream, type, arguments);
  require(N >= steps.rows.front(), "persistent_recurrent_backward: h0 {} has not {} rows", x.h0.shape(),
          steps.rows.front());
  if (!aligned(arguments)) return false;
  const ProfileSpan span(Profile::Kind::kernel, "persistent_recurrent_backward");
  describe(span, steps, x.dh0.defined() ? tokens : tokens - steps.rows.front(), arguments);
  persistent_backward_cuda(stream, steps, x);
  return true;
}

}  // namespace dlcore::kernels
