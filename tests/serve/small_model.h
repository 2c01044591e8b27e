// A small model that is not trained, but says something else of every colour.
#pragma once

#include <string>

namespace dlcore::test {

void write_small_model(const std::string& path);

}  // namespace dlcore::test
