// dlcore_serve with a small model (tests/serve/small_model.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/image.h"
#include "tests/serve/small_model.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

namespace dlcore::test {

/// Noise around a colour of its own.
Image noisy_picture(int number, std::int64_t height = 40, std::int64_t width = 56);

class Served {
 public:
  /// On a free port.
  explicit Served(const std::vector<std::string>& options = {});

  std::uint16_t port() const { return port_; }
  std::string model() const { return folder_.file("model.safetensors"); }
  std::string file(const std::string& name) const { return folder_.file(name); }
  ChildProgram& program() { return program_; }
  /// The sample of /metrics with this name and labels; 0 where there is none.
  double metric(const std::string& sample) const;

 private:
  TemporaryDirectory folder_;
  ChildProgram program_;
  std::uint16_t port_ = 0;
};

}  // namespace dlcore::test
