// The command lines of dlcore_prepare digits, classes and idx, which write files of examples.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "tools/digits/digit_file.h"
#include "tools/examples/prepare_classes.h"
#include "tools/examples/prepare_idx.h"

namespace dlcore {

struct ExampleCommands {
  DigitFileOptions digits;
  ClassesOptions classes;
  IdxOptions idx;
  std::string fit = "crop";
  CLI::App *digits_command = nullptr, *classes_command = nullptr, *idx_command = nullptr;
};

void add_example_commands(CLI::App& app, ExampleCommands& commands);
/// Runs the one that was given, if any.
void run_example_commands(ExampleCommands& commands);

}  // namespace dlcore
