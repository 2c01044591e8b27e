#include "tools/weights_option.h"

namespace dlcore {

void add_weights_option(CLI::App& app, std::string& weights) {
  app.add_option("--weights", weights,
                 "Photos: the encoder's weights, where the file that the model names is somewhere else now");
}

}  // namespace dlcore
