// A small model that is not trained, but says something else of every colour.
#pragma once

#include <string>

namespace dlcore::test {

void write_small_model(const std::string& path);

/// Writes a data file with pictures and captions, of which the model could have been trained, into the
/// folder, and a configuration that names it, whose path it returns.
std::string write_small_training(const std::string& folder);

}  // namespace dlcore::test
