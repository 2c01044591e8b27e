// Benchmarks of passes over elements, of sums and of optimisers.
#include "kernels/activation.h"
#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "kernels/optimizer.h"
#include "kernels/reduce.h"
#include "tools/bench/kernel_bench.h"

namespace dlcore {
namespace {

using namespace kernels;
using namespace bench;

// Over as many elements as all hidden states of a batch have.
void add_passes(KernelList& list, std::int64_t n) {
  using T = const Tensor&;
  using S = const Stream&;
  const auto add_pass = [&](const char* name, auto pass) {
    list.emplace_back(name, [=](const Draw& draw, S s) -> KernelRun {
      return
          [=, x = draw.normal({n}), y = draw.normal({n}, 2), z = draw.normal({n}, 3)] { pass(s, x, y, z); };
    });
  };
  add_pass("fill", [=](S s, T x, T, T) { fill(s, x, 0.0, n); });
  add_pass("add", [=](S s, T x, T y, T z) { add(s, x, y, z, n); });
  add_pass("multiply", [=](S s, T x, T y, T z) { multiply(s, x, y, z, n); });
  add_pass("axpy", [=](S s, T x, T y, T) { axpy(s, 1e-9, x, y, n); });
  add_pass("approach", [=](S s, T x, T y, T) { approach(s, 1e-3, x, y, n); });
  add_pass("clip_values", [=](S s, T x, T, T) { clip_values(s, x, 1.0, n); });
  add_pass("exchange", [=](S s, T x, T y, T) { kernels::exchange(s, x, y, n); });
  add_pass("dropout", [=](S s, T x, T y, T) { dropout(s, x, y, 0.5, 1, 2, 3, n); });
  add_pass("tanh_forward", [=](S s, T x, T y, T) { tanh_forward(s, x, y, n); });
  add_pass("tanh_backward", [=](S s, T x, T y, T z) { tanh_backward(s, x, y, z, n); });
  add_pass("sigmoid_forward", [=](S s, T x, T y, T) { sigmoid_forward(s, x, y, n); });
  add_pass("sigmoid_backward", [=](S s, T x, T y, T z) { sigmoid_backward(s, x, y, z, n); });
  list.emplace_back("scale_by", [=](const Draw& draw, S s) -> KernelRun {
    return [=, x = draw.normal({n}), factor = draw.exact({1}), y = draw.normal({n}, 2)] {
      scale_by(s, x, factor, y, false, n);
    };
  });
}

// Of a matrix with a row for each word.
void add_sums(KernelList& list, const KernelExtents& e) {
  list.emplace_back("add_bias", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.words, gates}), bias = draw.normal({gates})] {
      add_bias(s, x, bias, x, e.words, gates);
    };
  });
  list.emplace_back("column_sum", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.words, gates}), y = draw.normal({gates})] {
      column_sum(s, x, y, false, e.words, gates);
    };
  });
  list.emplace_back("row_sum", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.words, gates}), y = draw.normal({e.words})] {
      row_sum(s, x, y, e.words, gates);
    };
  });
  list.emplace_back("row_max", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.words, gates}), y = draw.normal({e.words})] {
      row_max(s, x, y, e.words, gates);
    };
  });
}

void add_optimisers(KernelList& list, std::int64_t n) {
  struct Parameters {
    Tensor w, g, exact;
  };
  const auto make = [=](const Draw& draw) {
    const Tensor w = draw.normal({n});
    return Parameters{w, draw.normal({n}, 2),
                      w.dtype() == arithmetic_of(w.dtype()) ? Tensor() : draw.exact({n})};
  };
  list.emplace_back("adam", [=](const Draw& draw, const Stream& s) -> KernelRun {
    const Tensor v = draw.exact({n}, 4);
    v.zero(s);
    return [=, p = make(draw), m = draw.exact({n}, 3)] {
      adam(s, p.w, p.g, p.exact, m, v, Tensor(), 1e-3, 0.9, 0.999, 1e-8, 0.01, true, 10, n);
    };
  });
  list.emplace_back("sgd", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, p = make(draw), velocity = draw.exact({n}, 3)] {
      sgd(s, p.w, p.g, p.exact, velocity, Tensor(), 1e-3, 0.9, 0.0, false, 1e-4, false, n);
    };
  });
  list.emplace_back("sum_of_squares", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({n}), parts = draw.empty({sum_of_squares_parts}, DType::float64),
            total = draw.empty({1}, DType::float64)] { sum_of_squares(s, x, parts, total, n); };
  });
  list.emplace_back("clip_scale", [=](const Draw& draw, const Stream& s) -> KernelRun {
    const Tensor total = Tensor::from(std::vector<double>{1}, {1}, s.device());
    return [=, w = draw.normal({1}), scale = draw.empty({1}, DType::float64),
            norm = draw.empty({1}, DType::float64)] { clip_scale(s, w, total, 1.0, scale, norm); };
  });
}

}  // namespace

void add_element_kernels(KernelList& list, const KernelExtents& e) {
  add_passes(list, e.words * H);
  add_sums(list, e);
  add_optimisers(list, e.parameters);
}

}  // namespace dlcore
