// What dlcore_train --plugin libexample.so adds to the tables.
#include "core/plugin.h"
#include "layers/cells.h"
#include "layers/registry.h"
#include "plain_cnn.h"
#include "relu_rnn.h"
#include "swish.h"

DLCORE_PLUGIN() {
  using namespace example;
  dlcore::register_layer("Swish", [](const dlcore::Attributes&) { return std::make_unique<Swish>(); });
  dlcore::register_cell("relu_rnn", [](std::int64_t D, std::int64_t H, const ReluRNN::StateDropout& dropout) {
    return std::make_unique<ReluRNN>(D, H, dropout);
  });
  dlcore::register_encoder("plain_cnn", plain_cnn);
}
