// Convolution by oneDNN, for oneDNN 2 and 3. Pictures stay in NHWC; the library chooses the layout of the
// weights, which are brought into it before every call, or once where they are constant. A primitive is made
// once per combination of extents, pass and types, and kept.
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/cpu.h"
#include "core/error.h"
#include "kernels/convolution_vendor.h"
#include "kernels/cpu/onednn.h"
#include "kernels/cpu/recently_used.h"

namespace dlcore::kernels {
namespace {

struct OnednnLayouts : ConstantWeights::Layouts {
  std::mutex mutex;
  std::vector<dnnl::memory> made;
};

using Dims = dnnl::memory::dims;
using Format = dnnl::memory::format_tag;
using Description = dnnl::memory::desc;

using Pass = ConvolutionPass;

enum class Residual { none, added, in_place };  // in_place: it is what y holds before

struct Key {
  Pass pass;
  ConvolutionExtents e;
  bool bias;
  Residual residual;
  bool relu;
  DType type;
  int threads;
  friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const std::size_t flags =
        static_cast<std::size_t>(key.bias) * 8 + static_cast<std::size_t>(key.residual) * 2u + key.relu;
    return hash_of(key.e) * 2048 + static_cast<std::size_t>(key.threads) * 512 +
           static_cast<std::size_t>(key.type) * 64 + static_cast<std::size_t>(key.pass) * 16 + flags;
  }
};

struct Convolution {
  dnnl::primitive primitive;  // empty: oneDNN has none for this key
  dnnl::memory x, y, bias;
  dnnl::memory plain, packed;  // weights as dlcore stores them, and in the library's layout
  dnnl::memory::desc scratch;
  dnnl::reorder reorder;  // from plain to packed, or for their gradient back and added
};

struct Geometry {
  Dims strides, dilation, padding;
  Description x, y, bias, plain, packed;

  explicit Geometry(const Key& key) {
    const ConvolutionExtents& e = key.e;
    const WindowAxis& v = e.window.vertical;
    const WindowAxis& h = e.window.horizontal;
    const auto type = onednn_type(key.type);
    strides = {v.stride, h.stride};
    dilation = {v.dilation - 1, h.dilation - 1};
    padding = {v.padding, h.padding};
    x = Description({e.n, e.c, e.h, e.w}, type, Format::nhwc);
    y = Description({e.n, e.out, e.out_h(), e.out_w()}, type, Format::nhwc);
    if (key.bias) bias = Description({e.out}, type, Format::x);
    const bool grouped = e.groups > 1;
    const Dims weights = grouped ? Dims{e.groups, e.out / e.groups, e.c / e.groups, v.kernel, h.kernel}
                                 : Dims{e.out, e.c, v.kernel, h.kernel};
    plain = Description(weights, type, grouped ? Format::goihw : Format::oihw);
    packed = Description(weights, type, Format::any);
  }
};

constexpr auto algorithm = dnnl::algorithm::convolution_direct;

dnnl::primitive_attr epilogue_of(const Key& key, const Geometry& g) {
  dnnl::post_ops operations;
  if (key.residual == Residual::added) operations.append_binary(dnnl::algorithm::binary_add, g.y);
  if (key.residual == Residual::in_place) operations.append_sum(1);
#if DNNL_VERSION_MAJOR >= 3
  if (key.relu) operations.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
#else
  if (key.relu) operations.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
#endif
  dnnl::primitive_attr attributes = onednn_attributes();
  attributes.set_post_ops(operations);
  return attributes;
}

#if DNNL_VERSION_MAJOR >= 3
auto describe_forward(const Key& key, const Geometry& g) {
  return dnnl::convolution_forward::primitive_desc(onednn_engine(), dnnl::prop_kind::forward_inference,
                                                   algorithm, g.x, g.packed, g.bias, g.y, g.strides,
                                                   g.dilation, g.padding, g.padding, epilogue_of(key, g));
}
auto describe_backward_data(const Key& key, const Geometry& g) {
  return dnnl::convolution_backward_data::primitive_desc(onednn_engine(), algorithm, g.x, g.packed, g.y,
                                                         g.strides, g.dilation, g.padding, g.padding,
                                                         describe_forward(key, g), onednn_attributes());
}
auto describe_backward_weights(const Key& key, const Geometry& g) {
  return dnnl::convolution_backward_weights::primitive_desc(onednn_engine(), algorithm, g.x, g.packed, g.y,
                                                            g.strides, g.dilation, g.padding, g.padding,
                                                            describe_forward(key, g), onednn_attributes());
}
#else
auto describe_forward(const Key& key, const Geometry& g) {
  return dnnl::convolution_forward::primitive_desc(
      dnnl::convolution_forward::desc(dnnl::prop_kind::forward_inference, algorithm, g.x, g.packed, g.bias,
                                      g.y, g.strides, g.dilation, g.padding, g.padding),
      epilogue_of(key, g), onednn_engine());
}
auto describe_backward_data(const Key& key, const Geometry& g) {
  return dnnl::convolution_backward_data::primitive_desc(
      dnnl::convolution_backward_data::desc(algorithm, g.x, g.packed, g.y, g.strides, g.dilation, g.padding,
                                            g.padding),
      onednn_attributes(), onednn_engine(), describe_forward(key, g));
}
auto describe_backward_weights(const Key& key, const Geometry& g) {
  return dnnl::convolution_backward_weights::primitive_desc(
      dnnl::convolution_backward_weights::desc(algorithm, g.x, g.packed, g.y, g.strides, g.dilation,
                                               g.padding, g.padding),
      onednn_attributes(), onednn_engine(), describe_forward(key, g));
}
#endif

Convolution make(const Key& key) {
  onednn_require_memory();
  const Geometry g(key);
  Convolution made;
  Description packed;
  try {
    if (key.pass == Pass::forward) {
      const auto description = describe_forward(key, g);
      made.primitive = dnnl::convolution_forward(description);
      packed = description.weights_desc();
      made.scratch = description.scratchpad_desc();
    } else if (key.pass == Pass::backward_data) {
      const auto description = describe_backward_data(key, g);
      made.primitive = dnnl::convolution_backward_data(description);
      packed = description.weights_desc();
      made.scratch = description.scratchpad_desc();
    } else {
      const auto description = describe_backward_weights(key, g);
      made.primitive = dnnl::convolution_backward_weights(description);
      packed = description.diff_weights_desc();
      made.scratch = description.scratchpad_desc();
    }
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return {};
    fail("convolution: oneDNN refused {} to {} channels of {}x{}: {}", key.e.c, key.e.out, key.e.h, key.e.w,
         error.message);
  }
  made.x = onednn_wrap(g.x);
  made.y = onednn_wrap(g.y);
  if (key.bias) made.bias = onednn_wrap(g.bias);
  made.plain = onednn_wrap(g.plain);
  made.packed = onednn_wrap(packed);
  if (key.pass == Pass::backward_weights) {
    dnnl::post_ops add;
    add.append_sum(1.0f);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(add);
    made.reorder = dnnl::reorder(made.packed, made.plain, attributes);
  } else if (packed != g.plain) {
    made.reorder = dnnl::reorder(made.plain, made.packed);
  }
  return made;
}

// The memory objects of a convolution are set to a call's pointers, so each thread has its own.
Convolution& find(const Key& key) {
  thread_local RecentlyUsed<Key, Convolution, KeyHash> convolutions(onednn_kept_primitives);
  return convolutions.get(key, make);
}

void run(const Convolution& convolution, std::unordered_map<int, dnnl::memory> arguments) {
  if (const dnnl::memory scratch = onednn_scratch(convolution.scratch))
    arguments.emplace(DNNL_ARG_SCRATCHPAD, scratch);
  convolution.primitive.execute(onednn_stream(), arguments);
  onednn_stream().wait();
}

void point(dnnl::memory& memory, const Tensor& tensor) {
  memory.set_data_handle(tensor.raw());
}

// The weights in the layout of the primitive; as long as the stream's workspace is not asked for again.
dnnl::memory weights_for(const Stream& stream, Convolution& convolution, const Tensor& w,
                         const ConstantWeights* constant) {
  point(convolution.plain, w);
  if (!convolution.reorder) return convolution.plain;
  const Description wanted = convolution.packed.get_desc();
  if (constant == nullptr) {
    convolution.packed.set_data_handle(stream.workspace(wanted.get_size()));
    convolution.reorder.execute(onednn_stream(), convolution.plain, convolution.packed);
    return convolution.packed;
  }
  auto& layouts = static_cast<OnednnLayouts&>(constant->layouts());
  const std::scoped_lock lock(layouts.mutex);
  for (const dnnl::memory& memory : layouts.made)
    if (memory.get_desc() == wanted) return memory;
  dnnl::memory packed(wanted, onednn_engine());
  convolution.reorder.execute(onednn_stream(), convolution.plain, packed);
  onednn_stream().wait();
  return layouts.made.emplace_back(std::move(packed));
}

}  // namespace

std::unique_ptr<ConstantWeights::Layouts> onednn_layouts() {
  return std::make_unique<OnednnLayouts>();
}

bool convolution_onednn_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                                const Tensor& w, const ConstantWeights* constant, const Tensor& y,
                                const ConvolutionEpilogue& epilogue) {
  if (x.dtype() == DType::float64) return false;
  const Residual residual = !epilogue.residual.defined()         ? Residual::none
                            : epilogue.residual.raw() == y.raw() ? Residual::in_place
                                                                 : Residual::added;
  Convolution& convolution = find(
      {Pass::forward, extents, epilogue.bias.defined(), residual, epilogue.relu, x.dtype(), cpu_threads()});
  if (!convolution.primitive) return false;
  point(convolution.x, x);
  point(convolution.y, y);
  std::unordered_map<int, dnnl::memory> arguments{
      {DNNL_ARG_SRC, convolution.x},
      {DNNL_ARG_WEIGHTS, weights_for(stream, convolution, w, constant)},
      {DNNL_ARG_DST, convolution.y}};
  if (epilogue.bias.defined()) {
    point(convolution.bias, epilogue.bias);
    arguments.emplace(DNNL_ARG_BIAS, convolution.bias);
  }
  if (residual == Residual::added) {
    const dnnl::memory addend(convolution.y.get_desc(), onednn_engine(), epilogue.residual.raw());
    arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, addend);
  }
  run(convolution, std::move(arguments));
  return true;
}

bool convolution_onednn_backward_data(const Stream& stream, const ConvolutionExtents& extents,
                                      const Tensor& dy, const Tensor& w, const Tensor& dx) {
  if (dx.dtype() == DType::float64) return false;
  Convolution& convolution =
      find({Pass::backward_data, extents, false, Residual::none, false, dx.dtype(), cpu_threads()});
  if (!convolution.primitive) return false;
  point(convolution.x, dx);
  point(convolution.y, dy);
  run(convolution, {{DNNL_ARG_DIFF_DST, convolution.y},
                    {DNNL_ARG_WEIGHTS, weights_for(stream, convolution, w, nullptr)},
                    {DNNL_ARG_DIFF_SRC, convolution.x}});
  return true;
}

bool convolution_onednn_backward_weights(const Stream& stream, const ConvolutionExtents& extents,
                                         const Tensor& x, const Tensor& dy, const Tensor& dw) {
  if (dw.dtype() == DType::float64) return false;
  Convolution& convolution =
      find({Pass::backward_weights, extents, false, Residual::none, false, dw.dtype(), cpu_threads()});
  if (!convolution.primitive) return false;
  point(convolution.x, x);
  point(convolution.y, dy);
  point(convolution.plain, dw);
  convolution.packed.set_data_handle(stream.workspace(convolution.packed.get_desc().get_size()));
  run(convolution, {{DNNL_ARG_SRC, convolution.x},
                    {DNNL_ARG_DIFF_DST, convolution.y},
                    {DNNL_ARG_DIFF_WEIGHTS, convolution.packed}});
  convolution.reorder.execute(onednn_stream(), convolution.packed, convolution.plain);
  onednn_stream().wait();
  return true;
}

}  // namespace dlcore::kernels
