// Benchmarks of matrix products and convolutions.
#include "kernels/convolution.h"
#include "kernels/gemm.h"
#include "tools/bench/kernel_bench.h"

namespace dlcore {
namespace {

using namespace kernels;
using namespace bench;

KernelMake product(Op op_a, Op op_b, const Shape& a, const Shape& b, const Shape& c) {
  return [=](const Draw& draw, const Stream& s) -> KernelRun {
    return [=, a = draw.normal(a), b = draw.normal(b), c = draw.normal(c)] { gemm(s, op_a, op_b, a, b, c); };
  };
}

enum class Pass { forward, backward_data, backward_weights };

KernelMake convolution(Pass pass, const ConvolutionExtents& e) {
  return [=](const Draw& draw, const Stream& s) -> KernelRun {
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

}  // namespace

void add_products(KernelList& list, const KernelExtents& e) {
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

}  // namespace dlcore
