// The recurrent layers RNN and LSTM: single steps, and whole packed sequences.
//
// The two share everything but the element-wise cell (kernels/recurrent_cell.h) and whether there is a cell
// state, so this base holds the sequence: the input projection of all time steps is one GEMM, each step adds
// its recurrent GEMM and one cell kernel, and the weight gradients are one GEMM over all tokens after the
// loop. Where the context asks for it and it fits, one kernel takes all steps
// (kernels/persistent_recurrent.h).
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// Parameters "Wx": (D, G H), "Wh": (H, G H), "b": (G H), with G gates per unit: 1 (RNN) or 4 (LSTM, order i,
/// f, o, g). Initially Wx = randn / sqrt(D), Wh = randn / sqrt(H), b = 0.
///
/// As a Layer: inputs x (tokens, D) packed and h0 (N, H); output h (tokens, H). The cell state starts at
/// zero. Or three inputs: the different rows x (U, D), row (tokens) int32 and h0, for x[row[k]] as the input
/// of token k: words come again and again in a batch of captions, and each is then projected once. Or one
/// input x (N, T, D), N sequences of T steps each with h0 = 0; output h (N, T, H).
///
/// With state dropout p, in training, what the recurrent product takes from h_previous (h0 too) is multiplied
/// by 0 with probability p, else by 1 / (1 - p): the same elements in all steps of a sequence. The output
/// and c are not touched. Steps run one by one then. Source: Gal and Ghahramani, "A Theoretically Grounded
/// Application of Dropout in Recurrent Neural Networks", NIPS 2016.
///
/// A cell of one's own derives from this: it has one gate and no cell state, or more gates and a cell state,
/// implements cell_forward and cell_backward, and is registered by name (layers/cells.h).
class RecurrentLayer : public Layer {
 public:
  /// Dropout of the state: p in [0, 1), and a site as of Dropout (layers/dropout.h).
  struct StateDropout {
    double p = 0;
    std::uint64_t site = 0;
  };

  std::int64_t input_dim() const { return D_; }
  std::int64_t hidden_dim() const { return H_; }
  bool has_cell_state() const { return gates_ > 1; }

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

  /// Hidden and cell state of n sequences, (n, H) each; c is undefined for an RNN.
  struct State {
    Tensor h, c;
  };

  /// A tensor for the gates of a step of n sequences: (n, G H).
  Tensor make_gates(std::int64_t n) const;
  State make_state(std::int64_t n) const;

  /// One step: x (n, D) and `previous` give `next`; `gates` is overwritten and belongs to the step until its
  /// step_backward. An undefined previous.c counts as zero.
  void step_forward(const Stream& stream, const Tensor& x, const State& previous, const State& next,
                    const Tensor& gates) const;

  /// The two halves of step_forward: gates = x Wx + b, for any number of rows; and from there, with the
  /// previous state, the next one. Decoding projects each word of the vocabulary once.
  void project(const Stream& stream, const Tensor& x, const Tensor& gates) const;
  void recur(const Stream& stream, const State& previous, const State& next, const Tensor& gates) const;

  /// The step backwards: the gradients of next.h and next.c (undefined: zero) give dx (n, D) and the
  /// gradients of the previous state, which are overwritten; parameter gradients accumulate. Uses up `gates`.
  void step_backward(const Stream& stream, const Tensor& x, const State& previous, const State& next,
                     const Tensor& gates, const State& next_gradient, const Tensor& dx,
                     const State& previous_gradient) const;

 protected:
  RecurrentLayer(std::string type, std::int64_t D, std::int64_t H, std::int64_t gates,
                 const StateDropout& dropout);

  /// Pre-activations a (n, G H) to the state; LSTM replaces a by the activated gates, RNN may find a in h's
  /// memory.
  virtual void cell_forward(const Stream& stream, const Tensor& a, const Tensor& c_previous,
                            const State& next) const = 0;

  /// Gradient of the pre-activations da (n, G H) from dh (n, H) and dh_next, which covers the first n_next
  /// rows. LSTM replaces the activated gates, which da then is, and reads and writes dc.
  virtual void cell_backward(const Stream& stream, const Tensor& c_previous, const State& next,
                             const Tensor& dh, const Tensor& dh_next, std::int64_t n_next, const Tensor& dc,
                             const Tensor& da) const = 0;

  /// Whether kernels/persistent_recurrent.h has this cell, so that one kernel may take all steps on a GPU.
  virtual bool has_persistent_kernel() const { return false; }

  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  // Of packed sequences, which those of one length are made into (recurrent_sequences.cpp).
  Plan plan_packed(const Context& context, std::span<const Spec> inputs) const;
  void forward_packed(const ForwardPass& pass) const;
  void backward_packed(const BackwardPass& pass) const;
  Plan plan_sequences(const Context& context, const Spec& x) const;
  void forward_sequences(const ForwardPass& pass) const;
  void backward_sequences(const BackwardPass& pass) const;

  /// What x Wx + b of every token goes to: an LSTM's gates, or h, as an RNN's becomes h in place.
  const Tensor& preactivations(const ForwardPass& pass) const;
  /// The steps of do_forward after the projection, and those of do_backward, which leave da, the previous
  /// hidden state of every token and, where wanted, dh0 of the sequences with a step.
  void forward_steps(const ForwardPass& pass) const;
  void backward_steps(const BackwardPass& pass, const Tensor& da) const;
  /// The same in one kernel; false where it is not wanted or does not fit.
  bool persistent_forward(const ForwardPass& pass) const;
  bool persistent_backward(const BackwardPass& pass, const Tensor& da) const;
  bool may_persist(const Context& context) const;

  /// Gradients of Wx, b and, where wanted, of x from those of the projected input: dp is da, or its sums per
  /// row of x.
  void project_backward(const Stream& stream, const Tensor& x, const Tensor& dp, const Tensor& dx) const;

  bool drops(const Context& context) const { return context.training && context.dropout && dropout_.p > 0; }

  std::int64_t D_, H_, gates_;
  StateDropout dropout_;
};

/// h = tanh(x Wx + h_previous Wh + b)
class RNN : public RecurrentLayer {
 public:
  RNN(std::int64_t D, std::int64_t H, const StateDropout& dropout = {})
      : RecurrentLayer("RNN", D, H, 1, dropout) {}

 protected:
  void cell_forward(const Stream& stream, const Tensor& a, const Tensor& c_previous,
                    const State& next) const override;
  void cell_backward(const Stream& stream, const Tensor& c_previous, const State& next, const Tensor& dh,
                     const Tensor& dh_next, std::int64_t n_next, const Tensor& dc,
                     const Tensor& da) const override;
  bool has_persistent_kernel() const override { return true; }
};

/// i, f, o = sigmoid, g = tanh of the four parts of x Wx + h_previous Wh + b; c = f c_previous + i g; h = o
/// tanh(c). PyTorch and cuDNN order the gates i, f, g, o and transpose the weights.
class LSTM : public RecurrentLayer {
 public:
  LSTM(std::int64_t D, std::int64_t H, const StateDropout& dropout = {})
      : RecurrentLayer("LSTM", D, H, 4, dropout) {}

 protected:
  void cell_forward(const Stream& stream, const Tensor& a, const Tensor& c_previous,
                    const State& next) const override;
  void cell_backward(const Stream& stream, const Tensor& c_previous, const State& next, const Tensor& dh,
                     const Tensor& dh_next, std::int64_t n_next, const Tensor& dc,
                     const Tensor& da) const override;
  bool has_persistent_kernel() const override { return true; }
};

}  // namespace dlcore
