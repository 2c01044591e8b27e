// The command line of dlcore_prepare coco.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "tools/coco/encoder_factory.h"
#include "tools/coco/prepare_coco.h"

namespace dlcore {

struct CocoCommand {
  CocoOptions options;
  EncoderOptions encoder;
  std::string fit = "crop";
};

CLI::App* add_coco_command(CLI::App& app, CocoCommand& command);
void run_coco_command(CocoCommand& command);

}  // namespace dlcore
