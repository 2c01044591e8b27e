// Training that is interrupted and goes on, and what must be equal then.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/caption_task.h"
#include "models/open_task.h"
#include "models/trainer.h"

namespace dlcore::test {

/// All that a run leaves, without measured times and speeds.
struct RunResult {
  std::vector<std::string> csv;     // lines of metrics.csv, without two columns
  std::vector<std::string> jsonl;   // the same of metrics.jsonl
  nlohmann::json page;              // the data of report.html
  std::vector<std::string> events;  // "step tag value" of each in the event file
  std::string model;                // bytes of model.safetensors
};
RunResult result_of(const std::string& folder);

/// The first thing in which they differ; empty where there is none.
std::string difference(const RunResult& a, const RunResult& b);

struct Interruption {
  enum class Kind : unsigned char {
    stop,  // as by a signal: the trainer leaves a checkpoint
    crash  // it does not
  };
  Kind kind = Kind::stop;
  int question = 1;  // at the so-manieth time at which the trainer asks whether to stop
};

/// Trains in `folder` to the end, each interruption ending a trainer of its own with which the next goes on
/// from the newest checkpoint, or anew where there is none. Returns how many of them there have been.
std::size_t train_interrupted(const Config& config, const std::string& folder,
                              const std::vector<Interruption>& interruptions, Device device = Device::cpu());

}  // namespace dlcore::test
