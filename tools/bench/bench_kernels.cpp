// The kernels one by one, at the sizes that they have in a training step of the report's LSTM captioner (250
// captions, about 2,875 words) and of RegNet-X 400MF's third stage (32 pictures of 112 x 112); with --batch
// at so many times these.
#include <algorithm>
#include <vector>

#include "core/random.h"
#include "kernels/activation.h"
#include "kernels/batch_norm.h"
#include "kernels/channels.h"
#include "kernels/convolution.h"
#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "kernels/embedding.h"
#include "kernels/gemm.h"
#include "kernels/next_words.h"
#include "kernels/optimizer.h"
#include "kernels/recurrent_cell.h"
#include "kernels/reduce.h"
#include "kernels/screened_arg_max.h"
#include "kernels/softmax.h"
#include "tools/bench/bench_work.h"

namespace dlcore {
namespace {

using namespace kernels;

constexpr std::int64_t usual_batch = 250, V = 1004, H = 512, gates = 4 * H, features = 6400, side = 7,
                       channels = 160;

// What grows with the batch.
struct Extents {
  explicit Extents(std::int64_t batch)
      : captions(batch), words(batch * 23 / 2), chunk(words * 4 / 11), pictures((batch + 7) / 8) {}
  std::int64_t captions, words, chunk, pictures;
  std::int64_t parameters = captions * 27'200, pixels = pictures * side * side;
};

// Makes operands.
struct Draw {
  DType type;
  Stream stream;

  Tensor normal(const Shape& shape, std::uint64_t seed = 1) const {
    const Tensor tensor(shape, DType::float32);
    Random(seed).fill_normal(tensor, 1);
    return tensor.to(type).to(stream.device());
  }
  /// In the type in which statistics, losses and an optimiser's state are kept.
  Tensor exact(const Shape& shape, std::uint64_t seed = 1) const {
    return Draw{arithmetic_of(type), stream}.normal(shape, seed);
  }
  Tensor ids(std::int64_t n, std::int64_t limit) const {
    Random random(1);
    std::vector<std::int32_t> list(static_cast<std::size_t>(n));
    for (auto& id : list) id = static_cast<std::int32_t>(random.below(limit));
    return Tensor::from(list, {n}, stream.device());
  }
  Tensor one() const { return Tensor::from(std::vector<double>{1}, {1}, stream.device()); }
};

using Run = std::function<void()>;
using Make = std::function<Run(const Draw&, const Stream&)>;

Make product(Op op_a, Op op_b, const Shape& a, const Shape& b, const Shape& c) {
  return [=](const Draw& draw, const Stream& s) -> Run {
    return [=, a = draw.normal(a), b = draw.normal(b), c = draw.normal(c)] { gemm(s, op_a, op_b, a, b, c); };
  };
}

enum class Pass { forward, backward_data, backward_weights };

Make convolution(Pass pass, const ConvolutionExtents& e) {
  return [=](const Draw& draw, const Stream& s) -> Run {
    const Tensor x = draw.normal(e.input_shape()), w = draw.normal(e.weight_shape()),
                 y = draw.normal(e.output_shape());
    return [=] {
      if (pass == Pass::forward)
        convolution_forward(s, e, x, w, y);
      else if (pass == Pass::backward_data)
        convolution_backward_data(s, e, y, w, x);
      else
        convolution_backward_weights(s, e, x, y, w);
    };
  };
}

void add_products(std::vector<std::pair<std::string, Make>>& list, const Extents& e) {
  const Op same = Op::none, turned = Op::transpose;
  list.emplace_back("gemm_vocabulary", product(same, same, {e.chunk, H}, {H, V}, {e.chunk, V}));
  list.emplace_back("gemm_vocabulary_dh", product(same, turned, {e.chunk, V}, {H, V}, {e.chunk, H}));
  list.emplace_back("gemm_vocabulary_dw", product(turned, same, {e.chunk, H}, {e.chunk, V}, {H, V}));
  list.emplace_back("gemm_recurrent", product(same, same, {e.captions, H}, {H, gates}, {e.captions, gates}));
  list.emplace_back("gemm_recurrent_dh",
                    product(same, turned, {e.captions, gates}, {H, gates}, {e.captions, H}));
  list.emplace_back("gemm_recurrent_dw", product(turned, same, {e.words, H}, {e.words, gates}, {H, gates}));
  list.emplace_back("gemm_project",
                    product(same, same, {e.captions, features}, {features, H}, {e.captions, H}));
  const Window three{{3, 1, 1, 1}, {3, 1, 1, 1}};
  const ConvolutionExtents pointwise{e.pictures, side, side, channels, channels, 1, {}};
  const ConvolutionExtents grouped{e.pictures, side, side, channels, channels, 10, three};
  const ConvolutionExtents stem{e.pictures, 112, 112, 3, 32, 1, {{3, 2, 1, 1}, {3, 2, 1, 1}}};
  for (const auto& [name, extents] :
       {std::pair{"pointwise", pointwise}, {"grouped", grouped}, {"stem", stem}}) {
    const std::string prefix = std::string("convolution_") + name;
    list.emplace_back(prefix, convolution(Pass::forward, extents));
    list.emplace_back(prefix + "_dx", convolution(Pass::backward_data, extents));
    list.emplace_back(prefix + "_dw", convolution(Pass::backward_weights, extents));
  }
}

void add_decoder(std::vector<std::pair<std::string, Make>>& list, const Extents& e) {
  list.emplace_back("rnn_cell_forward", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, a = draw.normal({e.captions, H}), h = draw.normal({e.captions, H})] {
      rnn_cell_forward(s, a, h, e.captions, H);
    };
  });
  list.emplace_back("rnn_cell_backward", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, h = draw.normal({e.captions, H}), dh = draw.normal({e.captions, H}, 2),
            da = draw.normal({e.captions, H}, 3)] {
      rnn_cell_backward(s, h, dh, dh, da, e.captions, e.captions, H);
    };
  });
  list.emplace_back("lstm_cell_forward", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, a = draw.normal({e.captions, gates}), c = draw.normal({e.captions, H}),
            h = draw.normal({e.captions, H}, 2)] { lstm_cell_forward(s, a, c, c, h, e.captions, H); };
  });
  list.emplace_back("lstm_cell_backward", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, a = draw.normal({e.captions, gates}), c = draw.normal({e.captions, H}),
            dh = draw.normal({e.captions, H}, 2), dc = draw.normal({e.captions, H}, 3)] {
      dc.zero(s);
      lstm_cell_backward(s, a, c, c, dh, dh, dc, e.captions, e.captions, H);
    };
  });
  list.emplace_back("cross_entropy_forward", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.chunk, V}), target = draw.ids(e.chunk, V), loss = draw.exact({e.chunk})] {
      cross_entropy_forward(s, x, target, loss, 0, e.chunk, V);
    };
  });
  list.emplace_back("cross_entropy_gradient", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.chunk, V}), dx = draw.normal({e.chunk, V}), target = draw.ids(e.chunk, V),
            loss = draw.exact({e.chunk})] {
      cross_entropy_gradient(s, x, target, Tensor(), loss, dx, 0, 0.0, 1.0 / e.captions, e.chunk, V);
    };
  });
  list.emplace_back("row_arg_max", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.captions, V}), index = draw.ids(e.captions, V)] {
      row_arg_max(s, x, index, e.captions, V);
    };
  });
  list.emplace_back("top_words", [=](const Draw& draw, const Stream& s) -> Run {
    const std::int64_t rows = 5 * e.captions, k = 6;  // of beam search with a beam of 5
    const Tensor none = Tensor::zeros({rows + 1}, DType::int32, s.device());
    return [=, x = draw.normal({rows, V}), word = draw.ids(rows * k, V), log = draw.exact({rows, k})] {
      top_words(s, x, none, none, word, log, rows, V, k);
    };
  });
  list.emplace_back("draw_words", [=](const Draw& draw, const Stream& s) -> Run {
    const Tensor none = Tensor::zeros({e.captions + 1}, DType::int32, s.device());
    const Tensor half = Tensor::from(std::vector<double>(e.captions, 0.5), {e.captions}, s.device());
    return [=, x = draw.normal({e.captions, V}), weight = draw.exact({e.captions, V}),
            word = draw.ids(e.captions, V), log = draw.exact({e.captions})] {
      draw_words(s, x, none, none, half, 0.8, 50, 0.9, weight, word, log, e.captions, V);
    };
  });
  list.emplace_back("round_rows", [=](const Draw& draw, const Stream& s) -> Run {
    const Tensor norm({e.captions}, DType::float32, s.device()),
        rounded({e.captions, H}, DType::bfloat16, s.device());
    return [=, error = norm.clone(), x = draw.normal({e.captions, H})] {
      round_rows(s, x, rounded, norm, error, e.captions, H);
    };
  });
  list.emplace_back("screened_arg_max", [=](const Draw& draw, const Stream& s) -> Run {
    const Tensor h = draw.normal({e.captions, H}), w = draw.normal({V, H}, 2), bias = draw.normal({V}, 3);
    const auto empty = [&](const Shape& shape, DType type) { return Tensor(shape, type, s.device()); };
    const Tensor h16 = empty({e.captions, H}, DType::bfloat16), w16 = empty({V, H}, DType::bfloat16),
                 h_norm = empty({e.captions}, DType::float32), h_error = h_norm.clone(),
                 w_norm = empty({V}, DType::float32), w_error = w_norm.clone(),
                 products = empty({e.captions, V}, DType::bfloat16);
    round_rows(s, h, h16, h_norm, h_error, e.captions, H);
    round_rows(s, w, w16, w_norm, w_error, V, H);
    gemm(s, Op::none, Op::transpose, h16, w16, products);
    return [=, index = draw.ids(e.captions, V)] {
      screened_arg_max(s, h, w, bias, products, h_norm, h_error, w_norm, w_error, index, e.captions, V, H);
    };
  });
  list.emplace_back("gather_rows", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, table = draw.normal({V, gates}), row = draw.ids(e.words, V),
            y = draw.normal({e.words, gates})] { gather_rows(s, table, row, y, e.words, V, gates); };
  });
  list.emplace_back("scatter_add_rows", [=](const Draw& draw, const Stream& s) -> Run {
    const Tensor row = draw.ids(e.words, V), order = draw.ids(e.words, V);
    sort_rows(s, row, order);
    return [=, dy = draw.normal({e.words, gates}), table = draw.normal({V, gates})] {
      scatter_add_rows(s, row, order, dy, table, e.words, V, gates);
    };
  });
  list.emplace_back("sort_rows", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, row = draw.ids(e.words, V), order = draw.ids(e.words, V)] { sort_rows(s, row, order); };
  });
  list.emplace_back("column_sum", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.words, gates}), y = draw.normal({gates})] {
      column_sum(s, x, y, false, e.words, gates);
    };
  });
  list.emplace_back("dropout", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.words, H}), y = draw.normal({e.words, H})] {
      dropout(s, x, y, 0.5, 1, 2, 3, e.words * H);
    };
  });
}

void add_optimiser(std::vector<std::pair<std::string, Make>>& list, const Extents& e) {
  list.emplace_back("adam", [=](const Draw& draw, const Stream& s) -> Run {
    const Tensor v = draw.exact({e.parameters}, 4), w = draw.normal({e.parameters});
    v.zero(s);
    const Tensor exact = w.dtype() == v.dtype() ? Tensor() : draw.exact({e.parameters});
    return [=, g = draw.normal({e.parameters}, 2), m = draw.exact({e.parameters}, 3)] {
      adam(s, w, g, exact, m, v, Tensor(), 1e-3, 0.9, 0.999, 1e-8, 0.01, true, 10, e.parameters);
    };
  });
  list.emplace_back("sum_of_squares", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.parameters}),
            parts = Tensor({sum_of_squares_parts}, DType::float64, s.device()),
            total = draw.one()] { sum_of_squares(s, x, parts, total, e.parameters); };
  });
}

void add_pictures(std::vector<std::pair<std::string, Make>>& list, const Extents& e) {
  struct Norm {
    Tensor x, y, dy, scale, shift, mean, deviation, running_mean, running_variance, sum_g, sum_gx;
  };
  const auto make = [=](const Draw& draw) {
    const Shape map{e.pixels, channels}, vector{channels};
    return Norm{draw.normal(map),    draw.normal(map),   draw.normal(map, 2), draw.normal(vector),
                draw.normal(vector), draw.exact(vector), draw.exact(vector),  draw.exact(vector),
                draw.exact(vector),  draw.exact(vector), draw.exact(vector)};
  };
  list.emplace_back("batch_norm_statistics", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, n = make(draw)] {
      batch_norm_statistics(s, n.x, n.mean, n.deviation, n.running_mean, n.running_variance, 1e-5, 0.1,
                            e.pixels, channels);
    };
  });
  list.emplace_back("batch_norm_forward", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, n = make(draw)] {
      batch_norm_forward(s, n.x, n.mean, n.deviation, n.scale, n.shift, Tensor(), true, n.y, e.pixels,
                         channels);
    };
  });
  list.emplace_back("batch_norm_backward_sums", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, n = make(draw)] {
      batch_norm_backward_sums(s, n.x, n.mean, n.deviation, n.y, n.dy, true, n.sum_g, n.sum_gx, n.scale,
                               n.shift, e.pixels, channels);
    };
  });
  list.emplace_back("batch_norm_backward", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, n = make(draw), dx = draw.normal({e.pixels, channels})] {
      batch_norm_backward(s, n.x, n.mean, n.deviation, n.scale, n.y, n.dy, true, n.sum_g, n.sum_gx, dx,
                          Tensor(), e.pixels, channels);
    };
  });
  list.emplace_back("relu_forward", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.pixels, channels}), y = draw.normal({e.pixels, channels})] {
      relu_forward(s, x, y, e.pixels * channels);
    };
  });
  list.emplace_back("scale_channels", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.pixels, channels}), y = draw.normal({e.pixels, channels}),
            gate = draw.normal({e.pictures, channels})] {
      scale_channels(s, x, gate, y, e.pictures, side * side, channels);
    };
  });
  list.emplace_back("transpose", [=](const Draw& draw, const Stream& s) -> Run {
    return [=, x = draw.normal({e.pixels, channels}), y = draw.normal({e.pixels, channels})] {
      transpose(s, x, y, false, e.pictures, side * side, channels);
    };
  });
}

std::vector<std::pair<std::string, Make>> kernels_of(const Extents& extents) {
  std::vector<std::pair<std::string, Make>> list;
  add_products(list, extents);
  add_decoder(list, extents);
  add_optimiser(list, extents);
  add_pictures(list, extents);
  return list;
}

}  // namespace

std::vector<BenchMaker> kernel_work() {
  const auto named = kernels_of(Extents(usual_batch));
  std::vector<BenchMaker> makers;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const std::string name = "kernel_" + named[i].first;
    makers.push_back({name, [=](const BenchSizes& sizes, DType type, const Stream& stream) {
                        const Extents extents(sizes.batch > 0 ? sizes.batch : usual_batch);
                        return BenchWork{name, 0, kernels_of(extents)[i].second({type, stream}, stream)};
                      }});
  }
  return makers;
}

}  // namespace dlcore
