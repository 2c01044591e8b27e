// GEMM by oneDNN's matmul primitive, for oneDNN 2 and 3. A primitive is made once per combination of extents,
// operations and types, and kept; executing one costs a few hundred nanoseconds.
#include <unordered_map>

#include "core/cpu.h"
#include "core/error.h"
#include "kernels/cpu/onednn.h"
#include "kernels/cpu/recently_used.h"
#include "kernels/gemm_vendor.h"

namespace dlcore::kernels {
namespace {

struct Key {
  std::int64_t m, n, k;
  bool transpose_a, transpose_b, accumulate, has_bias;
  DType type;
  int threads;  // a primitive divides its work and scratch memory when it is made
  friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    auto hash = static_cast<std::size_t>(key.type);
    for (const bool choice : {key.transpose_a, key.transpose_b, key.accumulate, key.has_bias})
      hash = 2 * hash + static_cast<std::size_t>(choice);
    for (const auto extent : {key.m, key.n, key.k, std::int64_t{key.threads}})
      hash = hash * 0x9E3779B97F4A7C15u + static_cast<std::size_t>(extent);
    return hash;
  }
};

struct Product {
  dnnl::matmul primitive;  // empty: oneDNN has none for this key
  dnnl::memory a, b, c, bias;
  dnnl::memory::desc scratch;
};

dnnl::memory::desc matrix(std::int64_t rows, std::int64_t cols, bool transposed, DType type) {
  using Dims = dnnl::memory::dims;
  return {Dims{rows, cols}, onednn_type(type), transposed ? Dims{1, rows} : Dims{cols, 1}};
}

Product make(const Key& key) {
  onednn_require_memory();
  const auto a = matrix(key.m, key.k, key.transpose_a, key.type);
  const auto b = matrix(key.k, key.n, key.transpose_b, key.type);
  const auto c = matrix(key.m, key.n, false, key.type);
  const auto bias = key.has_bias ? matrix(1, key.n, false, key.type) : dnnl::memory::desc();
  dnnl::primitive_attr attributes = onednn_attributes();
  if (key.accumulate) {
    dnnl::post_ops operations;
    operations.append_sum(1.0f);
    attributes.set_post_ops(operations);
  }
  try {
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc description =
        key.has_bias ? dnnl::matmul::primitive_desc(onednn_engine(), a, b, bias, c, attributes)
                     : dnnl::matmul::primitive_desc(onednn_engine(), a, b, c, attributes);
#else
    const dnnl::matmul::primitive_desc description(
        key.has_bias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c), attributes,
        onednn_engine());
#endif
    return {dnnl::matmul(description),
            onednn_wrap(a),
            onednn_wrap(b),
            onednn_wrap(c),
            key.has_bias ? onednn_wrap(bias) : dnnl::memory(),
            description.scratchpad_desc()};
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return {};
    fail("gemm: oneDNN refused a product with m={}, n={}, k={}: {}", key.m, key.n, key.k, error.message);
  }
}

}  // namespace

bool onednn_multiplies_bfloat16() {
  // An instruction set's number has the bits of those that it includes.
  const auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

bool gemm_onednn(Op op_a, Op op_b, const Tensor& a, const Tensor& b, const Tensor& c, double beta,
                 const Tensor& bias, const GemmExtents& e) {
  if (c.dtype() == DType::float64) return false;
  const Key key{
      e.m,       e.n,          e.k, op_a == Op::transpose, op_b == Op::transpose, beta != 0, bias.defined(),
      c.dtype(), cpu_threads()};
  // The memory objects of a product are set to this call's pointers, so each thread has its own.
  thread_local RecentlyUsed<Key, Product, KeyHash> products(onednn_kept_primitives);
  Product& product = products.get(key, make);
  if (!product.primitive) return false;
  product.a.set_data_handle(a.raw());
  product.b.set_data_handle(b.raw());
  product.c.set_data_handle(c.raw());
  std::unordered_map<int, dnnl::memory> arguments{
      {DNNL_ARG_SRC, product.a}, {DNNL_ARG_WEIGHTS, product.b}, {DNNL_ARG_DST, product.c}};
  if (bias.defined()) {
    product.bias.set_data_handle(bias.raw());
    arguments.emplace(DNNL_ARG_BIAS, product.bias);
  }
  if (const dnnl::memory scratch = onednn_scratch(product.scratch))
    arguments.emplace(DNNL_ARG_SCRATCHPAD, scratch);
  product.primitive.execute(onednn_stream(), arguments);
  onednn_stream().wait();
  return true;
}

}  // namespace dlcore::kernels
