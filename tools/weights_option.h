// The option --weights of the programs that caption photos.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace dlcore {

/// Adds --weights, for PhotoCaptioner (models/photo_captioner.h).
void add_weights_option(CLI::App& app, std::string& weights);

}  // namespace dlcore
