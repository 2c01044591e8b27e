#include "tests/process_usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

namespace dlcore::test {

ProcessUsage usage_of(pid_t process) {
  const std::string folder = "/proc/" + std::to_string(process);
  ProcessUsage usage;
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string name;
    std::int64_t value = 0;
    words >> name >> value;
    if (name == "VmRSS:") usage.memory = value;
    if (name == "VmHWM:") usage.peak_memory = value;
    if (name == "Threads:") usage.threads = value;
  }
  if (usage.memory == 0) throw std::runtime_error("there is no process " + std::to_string(process));
  const std::filesystem::directory_iterator handles(folder + "/fd");
  usage.handles = std::distance(begin(handles), end(handles));

  std::ifstream file(folder + "/stat");
  std::string stat((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));  // from the third on; the name may have spaces
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  usage.seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return usage;
}

}  // namespace dlcore::test
