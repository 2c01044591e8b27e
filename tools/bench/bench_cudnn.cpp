// cuDNN's recurrent layer on the operands of recurrent_rnn and recurrent_lstm, forward and backward, for
// comparison only: cudnn_rnn and cudnn_lstm by its standard algorithm, cudnn_persist_rnn and
// cudnn_persist_lstm by its persistent one, which it may refuse. Times, not numbers, are comparable: weights
// are random, gates in cuDNN's order.
#include <cudnn.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "kernels/cuda/cudnn_graph.h"
#include "tools/bench/bench_work.h"

namespace dlcore {
namespace {

using kernels::cuda::check_cudnn;

/// One of cuDNN's objects, made by `create` and destroyed with this.
template <class Object, cudnnStatus_t (*create)(Object*), cudnnStatus_t (*destroy)(Object)>
class Owned {
 public:
  Owned() { check_cudnn(create(&object_), "creating a cuDNN object"); }
  ~Owned() { destroy(object_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  operator Object() const { return object_; }

 private:
  Object object_ = nullptr;
};

using Handle = Owned<cudnnHandle_t, cudnnCreate, cudnnDestroy>;
using RnnDescriptor = Owned<cudnnRNNDescriptor_t, cudnnCreateRNNDescriptor, cudnnDestroyRNNDescriptor>;
using RnnData = Owned<cudnnRNNDataDescriptor_t, cudnnCreateRNNDataDescriptor, cudnnDestroyRNNDataDescriptor>;
using StateDescriptor =
    Owned<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
using NoDropout =
    Owned<cudnnDropoutDescriptor_t, cudnnCreateDropoutDescriptor, cudnnDestroyDropoutDescriptor>;

cudnnDataType_t cudnn_type(DType type) {
  if (type == DType::bfloat16) return CUDNN_DATA_BFLOAT16;
  return type == DType::float64 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
}

class Recurrent {
 public:
  Recurrent(const std::string& cell, cudnnRNNAlgo_t algorithm, const BenchSizes& sizes, DType type,
            const Stream& stream)
      : operands_(cell, sizes, type, stream.device()), stream_(stream) {
    const cudnnDataType_t element = cudnn_type(type);
    const auto H = static_cast<int>(sizes.hidden), D = static_cast<int>(sizes.wordvec);
    const auto N = static_cast<int>(operands_.packing.batch());
    const auto T = static_cast<int>(operands_.packing.steps());
    check_cudnn(cudnnSetStream(handle_, static_cast<cudaStream_t>(stream.native())), "cudnnSetStream");
    check_cudnn(cudnnSetDropoutDescriptor(no_dropout_, handle_, 0, nullptr, 0, 0),
                "cudnnSetDropoutDescriptor");
    // float32 stays float32: no TF32.
    check_cudnn(cudnnSetRNNDescriptor_v8(rnn_, algorithm, cell == "lstm" ? CUDNN_LSTM : CUDNN_RNN_TANH,
                                         CUDNN_RNN_SINGLE_INP_BIAS, CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT,
                                         element, cudnn_type(arithmetic_of(type)),
                                         type == DType::bfloat16 ? CUDNN_TENSOR_OP_MATH : CUDNN_FMA_MATH, D,
                                         H, H, 1, no_dropout_, CUDNN_RNN_PADDED_IO_DISABLED),
                "cudnnSetRNNDescriptor_v8");
    std::vector<std::int32_t> lengths;
    for (int r = 0; r < N; ++r) {
      const auto sizes_of_steps = operands_.packing.sizes();
      lengths.push_back(static_cast<std::int32_t>(
          std::count_if(sizes_of_steps.begin(), sizes_of_steps.end(), [r](auto n) { return n > r; })));
    }
    lengths_ = Tensor::from(lengths, {N}, stream.device());
    for (const auto& [descriptor, width] : {std::pair<cudnnRNNDataDescriptor_t, int>{x_, D}, {y_, H}})
      check_cudnn(cudnnSetRNNDataDescriptor(descriptor, element, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED, T, N,
                                            width, lengths.data(), nullptr),
                  "cudnnSetRNNDataDescriptor");
    const int extents[] = {1, N, H}, strides[] = {N * H, H, 1};
    check_cudnn(cudnnSetTensorNdDescriptor(state_, element, 3, extents, strides),
                "cudnnSetTensorNdDescriptor");
    std::size_t weights = 0, workspace = 0, reserve = 0;
    check_cudnn(cudnnGetRNNWeightSpaceSize(handle_, rnn_, &weights), "cudnnGetRNNWeightSpaceSize");
    check_cudnn(cudnnGetRNNTempSpaceSizes(handle_, rnn_, CUDNN_FWD_MODE_TRAINING, x_, &workspace, &reserve),
                "cudnnGetRNNTempSpaceSizes");
    const Shape elements{static_cast<std::int64_t>(weights / size_of(type))};
    const Tensor drawn(elements, DType::float32);
    Random(0).fill_normal(drawn, 0.04);
    weights_ = drawn.to(type).to(stream.device());
    weight_gradient_ = Tensor::zeros(elements, type, stream.device());
    const auto bytes = [&](std::size_t size) {
      return Tensor({static_cast<std::int64_t>(size / 4 + 1)}, DType::int32, stream.device());
    };
    workspace_ = bytes(workspace);
    reserve_ = bytes(reserve);
    h_ = Tensor(operands_.dh.shape(), type, stream.device());
    dx_ = Tensor(operands_.x.shape(), type, stream.device());
    dh0_ = Tensor(operands_.h0.shape(), type, stream.device());
  }

  double flop() const { return operands_.flop; }

  void run() const {
    const auto* lengths = static_cast<const std::int32_t*>(lengths_.raw());
    check_cudnn(cudnnRNNForward(handle_, rnn_, CUDNN_FWD_MODE_TRAINING, lengths, x_, operands_.x.raw(), y_,
                                h_.raw(), state_, operands_.h0.raw(), nullptr, state_, nullptr, nullptr,
                                weights_.bytes(), weights_.raw(), workspace_.bytes(), workspace_.raw(),
                                reserve_.bytes(), reserve_.raw()),
                "cudnnRNNForward");
    check_cudnn(
        cudnnRNNBackwardData_v8(handle_, rnn_, lengths, y_, h_.raw(), operands_.dh.raw(), x_, dx_.raw(),
                                state_, operands_.h0.raw(), nullptr, dh0_.raw(), state_, nullptr, nullptr,
                                nullptr, weights_.bytes(), weights_.raw(), workspace_.bytes(),
                                workspace_.raw(), reserve_.bytes(), reserve_.raw()),
        "cudnnRNNBackwardData_v8");
    check_cudnn(cudnnRNNBackwardWeights_v8(
                    handle_, rnn_, CUDNN_WGRAD_MODE_ADD, lengths, x_, operands_.x.raw(), state_,
                    operands_.h0.raw(), y_, h_.raw(), weight_gradient_.bytes(), weight_gradient_.raw(),
                    workspace_.bytes(), workspace_.raw(), reserve_.bytes(), reserve_.raw()),
                "cudnnRNNBackwardWeights_v8");
  }

 private:
  RecurrentOperands operands_;
  Stream stream_;
  Handle handle_;
  NoDropout no_dropout_;
  RnnDescriptor rnn_;
  RnnData x_, y_;
  StateDescriptor state_;
  Tensor lengths_, weights_, weight_gradient_, workspace_, reserve_, h_, dx_, dh0_;
};

}  // namespace

std::vector<BenchMaker> cudnn_work() {
  std::vector<BenchMaker> list;
  for (const bool persistent : {false, true})
    for (const std::string cell : {"rnn", "lstm"}) {
      const std::string name = (persistent ? "cudnn_persist_" : "cudnn_") + cell;
      list.push_back({name, [=](const BenchSizes& sizes, DType type, const Stream& stream) {
                        require(stream.device().is_cuda(), "{} runs on a GPU only: choose --device cuda",
                                name);
                        const auto layer = std::make_shared<Recurrent>(
                            cell, persistent ? CUDNN_RNN_ALGO_PERSIST_STATIC : CUDNN_RNN_ALGO_STANDARD, sizes,
                            type, stream);
                        // By the name of what it is compared with.
                        return BenchWork{"recurrent_" + cell, layer->flop(), [layer] { layer->run(); },
                                         persistent ? "cuDNN persist" : "cuDNN"};
                      }});
    }
  return list;
}

}  // namespace dlcore
