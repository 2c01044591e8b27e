// What a running process has of the machine, as Linux counts it.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace dlcore::test {

struct ProcessUsage {
  std::int64_t memory = 0;       // KiB that are resident (VmRSS)
  std::int64_t peak_memory = 0;  // KiB, the most so far (VmHWM)
  std::int64_t threads = 0;
  std::int64_t handles = 0;  // open files and sockets
  double seconds = 0;        // of processors, of all its threads so far
};

/// Throws std::runtime_error for a process that has ended.
ProcessUsage usage_of(pid_t process);

}  // namespace dlcore::test
