// Benchmarks of what networks for classes and for numbers have besides: losses, softmax, sequences (250 of 12
// steps).
#include "kernels/channels.h"
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "kernels/softmax.h"
#include "tools/bench/kernel_bench.h"

namespace dlcore {
namespace {

using namespace kernels;
using namespace bench;

constexpr std::int64_t steps = 12, places = 16;

void add_losses(KernelList& list, const KernelExtents& e) {
  struct Rows {
    Tensor x, target, dx, losses, one;
  };
  const std::int64_t n = e.captions * H;
  const auto make = [=](const Draw& draw) {
    const Tensor target = draw.normal({e.captions, H}, 2), one = draw.empty({1}, arithmetic_of(draw.type));
    fill(draw.stream, target, 0.5, n);  // the same for numbers and for probabilities
    fill(draw.stream, one, 1.0, 1);
    return Rows{draw.normal({e.captions, H}), target, draw.normal({e.captions, H}, 3),
                draw.exact({e.captions}), one};
  };
  const Tensor none;
  list.emplace_back("squared_loss", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, r = make(draw)] { squared_loss(s, r.x, r.target, none, r.losses, e.captions, H); };
  });
  list.emplace_back("squared_loss_gradient", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, r = make(draw)] {
      squared_loss_gradient(s, r.x, r.target, none, r.one, 1.0, r.dx, none, none, n);
    };
  });
  list.emplace_back("binary_loss", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, r = make(draw)] { binary_loss(s, r.x, r.target, none, r.losses, e.captions, H); };
  });
  list.emplace_back("binary_loss_gradient", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, r = make(draw)] {
      binary_loss_gradient(s, r.x, r.target, none, r.one, 1.0, r.dx, none, none, n);
    };
  });
}

void add_sequences(KernelList& list, const KernelExtents& e) {
  const Shape all{e.captions, steps, H}, last{e.captions, H};
  list.emplace_back("exchange_leading", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return
        [=, x = draw.normal(all), y = draw.normal(all)] { exchange_leading(s, x, y, e.captions, steps, H); };
  });
  list.emplace_back("take_last", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal(all), y = draw.normal(last)] { take_last(s, x, y, e.captions, steps, H); };
  });
  list.emplace_back("take_last_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, dy = draw.normal(last), dx = draw.normal(all)] {
      take_last_backward(s, dy, dx, e.captions, steps, H);
    };
  });
}

// Of features [400, 4, 4].
void add_standardization(KernelList& list, const KernelExtents& e) {
  const Shape grid{e.captions, features}, vector{features / places};
  list.emplace_back("standardize", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal(grid), mean = draw.exact(vector), inverse = draw.exact(vector, 2),
            y = draw.normal(grid)] {
      standardize(s, x, mean, inverse, y, e.captions, features / places, places);
    };
  });
  list.emplace_back("standardize_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, dy = draw.normal(grid), inverse = draw.exact(vector), dx = draw.normal(grid)] {
      standardize_backward(s, dy, inverse, dx, e.captions, features / places, places);
    };
  });
}

}  // namespace

void add_network_kernels(KernelList& list, const KernelExtents& e) {
  list.emplace_back("softmax_forward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.captions, V}), y = draw.normal({e.captions, V})] {
      softmax_forward(s, x, y, e.captions, V);
    };
  });
  list.emplace_back("softmax_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, y = draw.normal({e.captions, V}), dy = draw.normal({e.captions, V}, 2),
            dx = draw.normal({e.captions, V})] { softmax_backward(s, y, dy, dx, e.captions, V); };
  });
  add_losses(list, e);
  add_sequences(list, e);
  add_standardization(list, e);
}

}  // namespace dlcore
