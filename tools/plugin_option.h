// The option --plugin of the programs that make models.
#pragma once

#include <CLI/CLI.hpp>

namespace dlcore {

/// Adds --plugin, which may be repeated and loads each plugin (core/plugin.h) as the command line is read:
/// before configurations and models, which may name what it adds.
void add_plugin_option(CLI::App& app);

}  // namespace dlcore
