// Benchmarks of the kernels of a captioner's decoder.
#include "kernels/embedding.h"
#include "kernels/gemm.h"
#include "kernels/next_words.h"
#include "kernels/recurrent_cell.h"
#include "kernels/reduce.h"
#include "kernels/screened_arg_max.h"
#include "kernels/softmax.h"
#include "tools/bench/kernel_bench.h"

namespace dlcore {
namespace {

using namespace kernels;
using namespace bench;

}  // namespace

void add_caption_kernels(KernelList& list, const KernelExtents& e) {
  list.emplace_back("rnn_cell_forward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, a = draw.normal({e.captions, H}), h = draw.normal({e.captions, H})] {
      rnn_cell_forward(s, a, h, e.captions, H);
    };
  });
  list.emplace_back("rnn_cell_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, h = draw.normal({e.captions, H}), dh = draw.normal({e.captions, H}, 2),
            da = draw.normal({e.captions, H}, 3)] {
      rnn_cell_backward(s, h, dh, dh, da, e.captions, e.captions, H);
    };
  });
  list.emplace_back("lstm_cell_forward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, a = draw.normal({e.captions, gates}), c = draw.normal({e.captions, H}),
            h = draw.normal({e.captions, H}, 2)] { lstm_cell_forward(s, a, c, c, h, e.captions, H); };
  });
  list.emplace_back("lstm_cell_backward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, a = draw.normal({e.captions, gates}), c = draw.normal({e.captions, H}),
            dh = draw.normal({e.captions, H}, 2), dc = draw.normal({e.captions, H}, 3)] {
      dc.zero(s);
      lstm_cell_backward(s, a, c, c, dh, dh, dc, e.captions, e.captions, H);
    };
  });
  list.emplace_back("cross_entropy_forward", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.chunk, V}), target = draw.ids(e.chunk, V), loss = draw.exact({e.chunk})] {
      cross_entropy_forward(s, x, target, loss, 0, e.chunk, V);
    };
  });
  list.emplace_back("cross_entropy_gradient", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.chunk, V}), dx = draw.normal({e.chunk, V}), target = draw.ids(e.chunk, V),
            loss = draw.exact({e.chunk})] {
      cross_entropy_gradient(s, x, target, Tensor(), loss, dx, 0, 0.0, 1.0 / e.captions, e.chunk, V);
    };
  });
  list.emplace_back("sum_losses", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, loss = draw.normal({e.words}), total = draw.normal({1})] {
      sum_losses(s, loss, total, 1.0 / e.captions, false, e.words);
    };
  });
  list.emplace_back("row_arg_max", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, x = draw.normal({e.captions, V}), index = draw.ids(e.captions, V)] {
      row_arg_max(s, x, index, e.captions, V);
    };
  });
  list.emplace_back("top_words", [=](const Draw& draw, const Stream& s) -> KernelRun {
    const std::int64_t rows = 5 * e.captions, k = 6;  // of beam search with a beam of 5
    const Tensor none = Tensor::zeros({rows + 1}, DType::int32, s.device());
    return [=, x = draw.normal({rows, V}), word = draw.ids(rows * k, V), log = draw.exact({rows, k})] {
      top_words(s, x, none, none, word, log, rows, V, k);
    };
  });
  list.emplace_back("draw_words", [=](const Draw& draw, const Stream& s) -> KernelRun {
    const Tensor none = Tensor::zeros({e.captions + 1}, DType::int32, s.device());
    const Tensor half = Tensor::from(std::vector<double>(e.captions, 0.5), {e.captions}, s.device());
    return [=, x = draw.normal({e.captions, V}), weight = draw.exact({e.captions, V}),
            word = draw.ids(e.captions, V), log = draw.exact({e.captions})] {
      draw_words(s, x, none, none, half, 0.8, 50, 0.9, weight, word, log, e.captions, V);
    };
  });
  list.emplace_back("round_rows", [=](const Draw& draw, const Stream& s) -> KernelRun {
    const Tensor norm = draw.empty({e.captions}, DType::float32),
                 rounded = draw.empty({e.captions, H}, DType::bfloat16);
    return [=, error = norm.clone(), x = draw.normal({e.captions, H})] {
      round_rows(s, x, rounded, norm, error, e.captions, H);
    };
  });
  list.emplace_back("screened_arg_max", [=](const Draw& draw, const Stream& s) -> KernelRun {
    const Tensor h = draw.normal({e.captions, H}), w = draw.normal({V, H}, 2), bias = draw.normal({V}, 3);
    const Tensor h16 = draw.empty({e.captions, H}, DType::bfloat16),
                 w16 = draw.empty({V, H}, DType::bfloat16), h_norm = draw.empty({e.captions}, DType::float32),
                 h_error = h_norm.clone(), w_norm = draw.empty({V}, DType::float32), w_error = w_norm.clone(),
                 products = draw.empty({e.captions, V}, DType::bfloat16);
    round_rows(s, h, h16, h_norm, h_error, e.captions, H);
    round_rows(s, w, w16, w_norm, w_error, V, H);
    gemm(s, Op::none, Op::transpose, h16, w16, products);
    return [=, index = draw.ids(e.captions, V)] {
      screened_arg_max(s, h, w, bias, products, h_norm, h_error, w_norm, w_error, index, e.captions, V, H);
    };
  });
  list.emplace_back("gather_rows", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, table = draw.normal({V, gates}), row = draw.ids(e.words, V),
            y = draw.normal({e.words, gates})] { gather_rows(s, table, row, y, e.words, V, gates); };
  });
  list.emplace_back("scatter_add_rows", [=](const Draw& draw, const Stream& s) -> KernelRun {
    const Tensor row = draw.ids(e.words, V), order = draw.ids(e.words, V);
    sort_rows(s, row, order);
    return [=, dy = draw.normal({e.words, gates}), table = draw.normal({V, gates})] {
      scatter_add_rows(s, row, order, dy, table, e.words, V, gates);
    };
  });
  list.emplace_back("sort_rows", [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, row = draw.ids(e.words, V), order = draw.ids(e.words, V)] { sort_rows(s, row, order); };
  });
}

}  // namespace dlcore
