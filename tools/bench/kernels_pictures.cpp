// Benchmarks of the kernels of an encoder besides its convolutions.
#include "kernels/activation.h"
#include "kernels/batch_norm.h"
#include "kernels/channels.h"
#include "kernels/elementwise.h"
#include "kernels/pooling.h"
#include "tools/bench/kernel_bench.h"

namespace dlcore {
namespace {

using namespace kernels;
using namespace bench;

// Halves the sides of twice the stage's: windows of 3 x 3 with stride 2.
void add_pooling(KernelList& list, const KernelExtents& e) {
  const WindowAxis axis{3, 2, 1, 1};
  const PoolingExtents p{.n = e.pictures,
                         .h = 2 * side,
                         .w = 2 * side,
                         .c = channels,
                         .out_h = side,
                         .out_w = side,
                         .window = {axis, axis}};
  const Shape before{p.n, p.h, p.w, p.c}, after{p.n, p.out_h, p.out_w, p.c};
  list.emplace_back("max_pool_forward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal(before), y = draw.normal(after), where = draw.empty(after, DType::int32)] {
      max_pool_forward(s, p, x, y, where);
    };
  });
  list.emplace_back("max_pool_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    const Tensor x = draw.normal(before), y = draw.normal(after), where = draw.empty(after, DType::int32);
    max_pool_forward(s, p, x, y, where);
    return [=] { max_pool_backward(s, p, where, y, x); };
  });
  list.emplace_back("average_pool_forward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal(before), y = draw.normal(after)] { average_pool_forward(s, p, x, y); };
  });
  list.emplace_back("average_pool_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, dy = draw.normal(after), dx = draw.normal(before)] { average_pool_backward(s, p, dy, dx); };
  });
}

}  // namespace

void add_picture_kernels(KernelList& list, const KernelExtents& e) {
  struct Norm {
    Tensor x, y, dy, scale, shift, mean, deviation, running_mean, running_variance, sum_g, sum_gx;
  };
  const auto make = [=](const Draw& draw) {
    const Shape map{e.pixels, channels}, vector{channels};
    return Norm{draw.normal(map),    draw.normal(map),   draw.normal(map, 2), draw.normal(vector),
                draw.normal(vector), draw.exact(vector), draw.exact(vector),  draw.exact(vector),
                draw.exact(vector),  draw.exact(vector), draw.exact(vector)};
  };
  list.emplace_back("batch_norm_statistics", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, n = make(draw)] {
      batch_norm_statistics(s, n.x, n.mean, n.deviation, n.running_mean, n.running_variance, 1e-5, 0.1,
                            e.pixels, channels);
    };
  });
  list.emplace_back("batch_norm_forward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, n = make(draw)] {
      batch_norm_forward(s, n.x, n.mean, n.deviation, n.scale, n.shift, Tensor(), true, n.y, e.pixels,
                         channels);
    };
  });
  list.emplace_back("batch_norm_backward_sums", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, n = make(draw), dscale = draw.normal({channels}), dshift = draw.normal({channels})] {
      batch_norm_backward_sums(s, n.x, n.mean, n.deviation, n.scale, n.shift, Tensor(), n.dy, true, n.sum_g,
                               n.sum_gx, dscale, dshift, e.pixels, channels);
    };
  });
  list.emplace_back("batch_norm_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, n = make(draw), dx = draw.normal({e.pixels, channels})] {
      batch_norm_backward(s, n.x, n.mean, n.deviation, n.scale, n.shift, Tensor(), n.dy, true, n.sum_g,
                          n.sum_gx, dx, Tensor(), e.pixels, channels);
    };
  });
  list.emplace_back("batch_norm_from_running", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, n = make(draw)] {
      batch_norm_from_running(s, n.running_mean, n.running_variance, n.mean, n.deviation, 1e-5, channels);
    };
  });
  list.emplace_back("batch_norm_fold", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, n = make(draw), w = draw.normal({channels, channels}),
            folded = draw.normal({channels, channels})] {
      batch_norm_fold(s, w, n.running_mean, n.running_variance, n.scale, n.shift, 1e-5, folded, n.scale,
                      channels, channels);
    };
  });
  list.emplace_back("relu_forward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.pixels, channels}), y = draw.normal({e.pixels, channels})] {
      relu_forward(s, x, y, e.pixels * channels);
    };
  });
  list.emplace_back("relu_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, y = draw.normal({e.pixels, channels}), dy = draw.normal({e.pixels, channels}, 2),
            dx = draw.normal({e.pixels, channels})] { relu_backward(s, y, dy, dx, e.pixels * channels); };
  });
  list.emplace_back("epilogue", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, bias = draw.normal({channels}), residual = draw.normal({e.pixels, channels}),
            y = draw.normal({e.pixels, channels}, 2)] {
      epilogue(s, bias, residual, true, y, e.pixels, channels);
    };
  });
  list.emplace_back("scale_channels", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.pixels, channels}), y = draw.normal({e.pixels, channels}),
            gate = draw.normal({e.pictures, channels})] {
      scale_channels(s, x, gate, y, e.pictures, side * side, channels);
    };
  });
  list.emplace_back("scale_channels_backward_gate", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.pixels, channels}), dy = draw.normal({e.pixels, channels}, 2),
            dgate = draw.normal({e.pictures, channels})] {
      scale_channels_backward_gate(s, x, dy, dgate, e.pictures, side * side, channels);
    };
  });
  list.emplace_back("scale_channels_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, dy = draw.normal({e.pixels, channels}), gate = draw.normal({e.pictures, channels}),
            dmean = draw.normal({e.pictures, channels}, 2), dx = draw.normal({e.pixels, channels})] {
      scale_channels_backward(s, dy, gate, dmean, dx, e.pictures, side * side, channels);
    };
  });
  list.emplace_back("transpose", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.pixels, channels}), y = draw.normal({e.pixels, channels})] {
      transpose(s, x, y, false, e.pictures, side * side, channels);
    };
  });
  add_pooling(list, e);
}

}  // namespace dlcore
