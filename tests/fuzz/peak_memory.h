// How much memory this process had at most (Linux).
#pragma once

#include <fstream>
#include <string>

namespace dlcore::test {

/// MiB since the process began, or since forget_peak().
inline long peak_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6)) / 1024;
  return 0;
}

inline void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace dlcore::test
