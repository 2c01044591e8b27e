// What a process took over a soak, a sample now and then, and whether that stayed the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/process_usage.h"

namespace dlcore::test {

struct Sample {
  double time = 0;  // seconds since the beginning
  ProcessUsage usage;
  std::int64_t done = 0;  // steps, say, so far
};

/// A part of a series.
struct Stretch {
  double memory = 0;         // KiB, the median
  std::int64_t highest = 0;  // KiB, the most
  // The fewest: while something is done there are more for a moment, but what is left behind stays.
  std::int64_t threads = 0, handles = 0;
  std::int64_t done = 0;
  double seconds_each = 0;  // of processors for one that is done; NaN where too few were
};

/// Of the samples from `begin` to before `end`; there must be some.
Stretch stretch_of(const std::vector<Sample>& series, double begin, double end);

/// What has grown from the first stretch to one of the later ones, a sentence each: memory by more than 2%,
/// threads and handles at all, and, where it is asked for, the processors' time for each by more than 5%.
///
/// The medians are compared, and the highest values too, since what is taken for a moment only, for a
/// checkpoint or a large picture, is no less needed.
std::vector<std::string> growth_of(const std::string& name, const std::vector<Stretch>& stretches,
                                   bool with_memory, bool with_speed);

}  // namespace dlcore::test
