#include "tools/device_option.h"

#include <fmt/format.h>

namespace dlcore {

void add_device_option(CLI::App& app, std::string& request) {
  app.add_option("--device", request, "Where to compute: auto, cpu, cuda or cuda:i")->capture_default_str();
}

Device announce_device(const std::string& request) {
  const DeviceChoice choice = choose_device(request);
  fmt::print("{}\n", choice.reason);
  std::fflush(stdout);
  return choice.device;
}

}  // namespace dlcore
