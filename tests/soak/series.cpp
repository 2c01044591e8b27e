#include "tests/soak/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace dlcore::test {
namespace {

constexpr double memory_bound = 1.02, speed_bound = 1.05;

}  // namespace

Stretch stretch_of(const std::vector<Sample>& series, double begin, double end) {
  std::vector<Sample> part;
  for (const Sample& sample : series)
    if (sample.time >= begin && sample.time < end) part.push_back(sample);
  if (part.empty()) throw std::runtime_error(fmt::format("no samples from {} s to {} s", begin, end));
  const auto least = [&](std::int64_t ProcessUsage::*what) {
    return std::min_element(part.begin(), part.end(),
                            [&](const Sample& a, const Sample& b) { return a.usage.*what < b.usage.*what; })
               ->usage.*
           what;
  };
  Stretch stretch;
  stretch.threads = least(&ProcessUsage::threads);
  stretch.handles = least(&ProcessUsage::handles);
  std::vector<std::int64_t> memory;
  for (const Sample& sample : part) memory.push_back(sample.usage.memory);
  std::sort(memory.begin(), memory.end());
  stretch.memory = static_cast<double>(memory[(memory.size() - 1) / 2] + memory[memory.size() / 2]) / 2;
  stretch.highest = memory.back();
  stretch.done = part.back().done - part.front().done;
  // Steps may be told of an epoch at a time: from one such moment to another.
  std::vector<const Sample*> news;
  for (std::size_t i = 1; i < part.size(); ++i)
    if (part[i].done > part[i - 1].done) news.push_back(&part[i]);
  stretch.seconds_each = news.size() < 2 ? std::numeric_limits<double>::quiet_NaN()
                                         : (news.back()->usage.seconds - news.front()->usage.seconds) /
                                               static_cast<double>(news.back()->done - news.front()->done);
  return stretch;
}

std::vector<std::string> growth_of(const std::string& name, const std::vector<Stretch>& stretches,
                                   bool with_memory, bool with_speed) {
  std::vector<std::string> grown;
  const Stretch& first = stretches.front();
  for (std::size_t i = 1; i < stretches.size(); ++i) {
    const Stretch& later = stretches[i];
    const auto compare = [&](const char* what, double before, double after, double bound) {
      if (!(after <= before * bound))
        grown.push_back(
            fmt::format("{}: {} {:g} in stretch 1 and {:g} in stretch {}", name, what, before, after, i + 1));
    };
    if (with_memory) {
      compare("KiB of memory (median)", first.memory, later.memory, memory_bound);
      compare("KiB of memory (highest)", static_cast<double>(first.highest),
              static_cast<double>(later.highest), memory_bound);
    }
    compare("threads", static_cast<double>(first.threads), static_cast<double>(later.threads), 1);
    compare("handles", static_cast<double>(first.handles), static_cast<double>(later.handles), 1);
    if (with_speed)
      compare("processor seconds for each", first.seconds_each, later.seconds_each, speed_bound);
  }
  return grown;
}

}  // namespace dlcore::test
