// Training runs that go on until they are told to end, on the built-in scenes, with all that a run does:
// validation, captions, checkpoints, report, event files, the best model.
#pragma once

#include <cstdint>
#include <string>

#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

namespace dlcore::test {

class EndlessTraining {
 public:
  /// kind: "pictures", an encoder with its decoder by cross-entropy; "features", a decoder, after two such
  /// epochs by self-critical training.
  EndlessTraining(const std::string& kind, int scenes);

  struct Done {
    std::int64_t epochs = 0, steps = 0;
  };
  /// With the end of each epoch of those that go on for ever; nothing before the first of them.
  Done done() const;
  ChildProgram& program() { return program_; }

 private:
  std::string write(const std::string& kind, int scenes) const;

  TemporaryDirectory folder_;
  std::int64_t epochs_before_;
  ChildProgram program_;
};

}  // namespace dlcore::test
