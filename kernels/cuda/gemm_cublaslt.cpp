// GEMM by cuBLASLt. The library is column-major: a row-major product c = a b is its c^T = b^T a^T on the same
// memory. The algorithm that its heuristic prefers is found once per combination of extents, operations and
// types, and kept. Where a stream separates rows, it is the one for a certain number of rows, whatever theirs
// is: an algorithm adds the terms of each element in the same order wherever its row stands.
#include <cublasLt.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>

#include "core/error.h"
#include "kernels/gemm_vendor.h"

namespace dlcore::kernels {
namespace {

constexpr std::size_t workspace_bytes = std::size_t{32} << 20;  // what NVIDIA recommends for Hopper

void check(cublasStatus_t status, const char* operation) {
  require(status == CUBLAS_STATUS_SUCCESS, "{} failed: {}", operation, cublasLtGetStatusString(status));
}

cublasLtHandle_t handle() {
  static cublasLtHandle_t one = [] {
    cublasLtHandle_t made = nullptr;
    check(cublasLtCreate(&made), "cublasLtCreate");
    return made;
  }();
  return one;
}

struct Types {
  cudaDataType_t element;
  cublasComputeType_t compute;
  cudaDataType_t scale;
};

Types types_of(DType type) {
  if (type == DType::float64) return {CUDA_R_64F, CUBLAS_COMPUTE_64F, CUDA_R_64F};
  if (type == DType::bfloat16) return {CUDA_R_16BF, CUBLAS_COMPUTE_32F, CUDA_R_32F};
  return {CUDA_R_32F, CUBLAS_COMPUTE_32F, CUDA_R_32F};
}

// A column-major matrix of the library's view: our row-major (rows, cols) is its (cols, rows) with leading
// extent cols.
cublasLtMatrixLayout_t layout(cudaDataType_t type, std::int64_t rows, std::int64_t cols) {
  cublasLtMatrixLayout_t made = nullptr;
  check(cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(cols),
                                   static_cast<std::uint64_t>(rows), cols),
        "cublasLtMatrixLayoutCreate");
  return made;
}

struct Product {
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
  cublasLtMatmulAlgo_t algorithm{};
  bool available = false;
};

template <class Value>
void set(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t attribute, const Value& value) {
  check(cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value),
        "cublasLtMatmulDescSetAttribute");
}

// Bytes that every matrix is aligned to: 16, which tensor cores want, or for views at odd places that of an
// element.
std::uint32_t common_alignment(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& addend) {
  for (const Tensor* tensor : {&a, &b, &c, &addend}) {
    if (!tensor->defined()) continue;
    const auto row = static_cast<std::size_t>(tensor->shape().cols()) * size_of(tensor->dtype());
    if ((reinterpret_cast<std::uintptr_t>(tensor->raw()) | row) % 16 != 0)
      return static_cast<std::uint32_t>(size_of(c.dtype()));
  }
  return 16;
}

cublasLtEpilogue_t epilogue_of(bool bias, bool relu) {
  if (bias) return relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
  return relu ? CUBLASLT_EPILOGUE_RELU : CUBLASLT_EPILOGUE_DEFAULT;
}

constexpr std::int64_t rows_of_choice = 256;  // where rows are separated

/// `rows`: of the product for which the algorithm is chosen, those of a and c, or another number.
Product make(bool ta, bool tb, const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& bias,
             bool relu, std::uint32_t alignment, std::int64_t rows) {
  const Types types = types_of(c.dtype());
  Product product;
  check(cublasLtMatmulDescCreate(&product.operation, types.compute, types.scale), "cublasLtMatmulDescCreate");
  // The library's first operand is our b.
  set(product.operation, CUBLASLT_MATMUL_DESC_TRANSA, tb ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(product.operation, CUBLASLT_MATMUL_DESC_TRANSB, ta ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(product.operation, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(bias.defined(), relu));
  if (bias.defined()) set(product.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias.raw());
  product.a = layout(types.element, a.shape().rows(), a.shape().cols());
  product.b = layout(types.element, b.shape().rows(), b.shape().cols());
  product.c = layout(types.element, c.shape().rows(), c.shape().cols());

  cublasLtMatmulPreference_t preference = nullptr;
  check(cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
  check(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                             &workspace_bytes, sizeof workspace_bytes),
        "cublasLtMatmulPreferenceSetAttribute");
  // The library assumes 256 bytes by default, which views into flat buffers do not have.
  for (const auto attribute :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    check(cublasLtMatmulPreferenceSetAttribute(preference, attribute, &alignment, sizeof alignment),
          "cublasLtMatmulPreferenceSetAttribute");
  cublasLtMatmulHeuristicResult_t best{};
  int found = 0;
  const bool other_rows = rows != c.shape().rows();
  const cublasLtMatrixLayout_t chosen_a =
                                   other_rows ? layout(types.element, rows, a.shape().cols()) : product.a,
                               chosen_c =
                                   other_rows ? layout(types.element, rows, c.shape().cols()) : product.c;
  cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(handle(), product.operation, product.b, chosen_a,
                                                         chosen_c, chosen_c, preference, 1, &best, &found);
  product.available = status == CUBLAS_STATUS_SUCCESS && found > 0;
  product.algorithm = best.algo;
  if (product.available && other_rows) {
    cublasLtMatmulHeuristicResult_t checked{};
    status = cublasLtMatmulAlgoCheck(handle(), product.operation, product.b, product.a, product.c, product.c,
                                     &product.algorithm, &checked);
    product.available = status == CUBLAS_STATUS_SUCCESS && checked.workspaceSize <= workspace_bytes;
  }
  if (other_rows) {
    cublasLtMatrixLayoutDestroy(chosen_a);
    cublasLtMatrixLayoutDestroy(chosen_c);
  }
  cublasLtMatmulPreferenceDestroy(preference);
  return product;
}

}  // namespace

bool gemm_cublaslt(const Stream& stream, Op op_a, Op op_b, const Tensor& a, const Tensor& b, const Tensor& c,
                   const Tensor& addend, const Tensor& bias, bool relu, const GemmExtents& e) {
  const bool ta = op_a == Op::transpose;
  const bool tb = op_b == Op::transpose;
  const bool separate = stream.separates_rows() && !ta;
  using Key = std::tuple<int, DType, bool, bool, bool, bool, bool, std::int64_t, std::int64_t, std::int64_t,
                         std::uint32_t>;
  static std::map<Key, Product> products;
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);  // the bias pointer is part of the operation's description
  const std::uint32_t alignment = common_alignment(a, b, c, addend);
  const Key key{
      stream.device().index, c.dtype(), ta, tb, bias.defined(), relu, separate, e.m, e.n, e.k, alignment};
  auto found = products.find(key);
  if (found == products.end())
    found =
        products.emplace(key, make(ta, tb, a, b, c, bias, relu, alignment, separate ? rows_of_choice : e.m))
            .first;
  const Product& product = found->second;
  if (!product.available) return false;
  if (bias.defined()) set(product.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias.raw());
  const float alpha_float = 1;
  const float beta_float = addend.defined() ? 1 : 0;
  const double alpha_double = 1;
  const double beta_double = beta_float;
  const bool wide = c.dtype() == DType::float64;
  const void* alpha = wide ? static_cast<const void*>(&alpha_double) : &alpha_float;
  const void* beta = wide ? static_cast<const void*>(&beta_double) : &beta_float;
  check(cublasLtMatmul(handle(), product.operation, alpha, b.raw(), product.b, a.raw(), product.a, beta,
                       addend.defined() ? addend.raw() : c.raw(), product.c, c.raw(), product.c,
                       &product.algorithm, stream.workspace(workspace_bytes), workspace_bytes,
                       static_cast<cudaStream_t>(stream.native())),
        "cublasLtMatmul");
  return true;
}

}  // namespace dlcore::kernels
