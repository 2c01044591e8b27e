// The recurrent layer by itself, forward and backward, on packed captions: what a cell costs in rnn_train and
// lstm_train but for the sharing of equal words, which cuDNN's RNN beside it (bench_cudnn.cpp) cannot do.
#include <memory>

#include "core/random.h"
#include "layers/recurrent.h"
#include "models/captioner.h"
#include "tools/bench/bench_work.h"

namespace dlcore {
namespace {

Tensor draw(const Shape& shape, DType type, Device device, std::uint64_t seed) {
  const Tensor tensor(shape, DType::float32);
  Random(seed).fill_normal(tensor, 1);
  return tensor.to(type).to(device);
}

struct Setup {
  Setup(const std::string& cell, const BenchSizes& sizes, DType type, const Stream& on)
      : operands(cell, sizes, type, on.device()), stream(on) {
    if (cell == "lstm")
      layer = std::make_unique<LSTM>(sizes.wordvec, sizes.hidden);
    else
      layer = std::make_unique<RNN>(sizes.wordvec, sizes.hidden);
    parameters.add("", layer->parameters());
    parameters.allocate(type, on.device());
    Random random(0);
    parameters.initialize(random);
    context = {
        .stream = on, .training = true, .persistent_rnn = sizes.persistent_rnn, .packing = &operands.packing};
    const auto make = [&](const std::vector<Spec>& specs) {
      std::vector<Tensor> tensors;
      for (const Spec& spec : specs) tensors.emplace_back(spec.shape, spec.type, on.device());
      return tensors;
    };
    inputs = {operands.x, operands.h0};
    gradients = {Tensor(operands.x.shape(), type, on.device()),
                 Tensor(operands.h0.shape(), type, on.device())};
    const Spec specs[] = {{operands.x.shape(), type}, {operands.h0.shape(), type}};
    const Plan plan = layer->plan(context, specs);
    outputs = make(plan.outputs);
    cache = make(plan.cache);
    forward_workspace = make(plan.forward_workspace);
    backward_workspace = make(plan.backward_workspace);
  }

  void run() const {
    layer->forward(context, inputs, outputs, cache, forward_workspace);
    layer->backward(context, inputs, outputs, {&operands.dh, 1}, gradients, cache, backward_workspace);
  }

  RecurrentOperands operands;
  Stream stream;
  std::unique_ptr<RecurrentLayer> layer;
  ParameterSet parameters;
  Context context;
  std::vector<Tensor> inputs, outputs, gradients, cache, forward_workspace, backward_workspace;
};

}  // namespace

RecurrentOperands::RecurrentOperands(const std::string& cell, const BenchSizes& sizes, DType type,
                                     Device device)
    : packing(draw_bench_batch(sizes.batch > 0 ? sizes.batch : 250, sizes, bench_captioner(cell, sizes), type,
                               Device::cpu())
                  .packing),
      x(draw({packing.tokens(), sizes.wordvec}, type, device, 1)),
      h0(draw({packing.batch(), sizes.hidden}, type, device, 2)),
      dh(draw({packing.tokens(), sizes.hidden}, type, device, 3)),
      flop(3 * 2 * static_cast<double>(packing.tokens() * sizes.hidden * (sizes.wordvec + sizes.hidden)) *
           (cell == "lstm" ? 4 : 1)) {}

std::vector<BenchMaker> recurrent_work() {
  std::vector<BenchMaker> list;
  for (const std::string& cell : {std::string("rnn"), std::string("lstm")}) {
    const std::string name = "recurrent_" + cell;
    list.push_back({name, [cell, name](const BenchSizes& sizes, DType type, const Stream& stream) {
                      const auto setup = std::make_shared<Setup>(cell, sizes, type, stream);
                      return BenchWork{name, setup->operands.flop, [setup] { setup->run(); }};
                    }});
  }
  return list;
}

}  // namespace dlcore
