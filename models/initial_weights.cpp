#include "models/initial_weights.h"

#include <algorithm>

#include "core/format.h"
#include "models/model_file.h"

namespace dlcore {
namespace {

void copy_weights(const std::string& path, const ParameterSet& from, ParameterSet& to) {
  for (const auto& [name, parameter] : to.entries()) {
    const auto found = std::find_if(from.entries().begin(), from.entries().end(),
                                    [&wanted = name](const auto& entry) { return entry.name == wanted; });
    require(found != from.entries().end(), "model.weights: {} has no '{}', which this model needs", path,
            name);
    const Tensor& value = found->parameter->value;
    require(value.shape() == parameter->shape, "model.weights: '{}' of {} is {}, but this model's is {}",
            name, path, value.shape(), parameter->shape);
    copy(Stream(parameter->value.device()), value.to(parameter->value.dtype()).to(parameter->value.device()),
         parameter->value);
  }
}

}  // namespace

void load_initial_weights(const std::string& path, const Vocabulary& vocabulary, CaptioningRNN& captioner,
                          Encoder* encoder) {
  const CaptionModel model = load_model(path, Device::cpu());
  const std::string difference = model.vocabulary.difference(vocabulary);
  require(difference.empty(), "model.weights: the vocabulary of {} is not that of the data: {}", path,
          difference);
  copy_weights(path, model.captioner->parameters(), captioner.parameters());
  if (encoder == nullptr) return;
  require(model.encoder != nullptr, "model.weights: {} has no encoder", path);
  copy_weights(path, model.encoder->parameters(), encoder->parameters());
}

}  // namespace dlcore
