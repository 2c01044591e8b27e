// The option --device and the line that says which device runs and why.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "core/device.h"

namespace dlcore {

/// Adds --device auto|cpu|cuda[:i].
void add_device_option(CLI::App& app, std::string& request);

/// Resolves the request and prints the first line of the program's output: device and reason.
Device announce_device(const std::string& request);

}  // namespace dlcore
