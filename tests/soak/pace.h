// How fast the machine itself is: a virtual machine's processors are not the same from minute to minute.
#pragma once

#include <cstdint>
#include <vector>

namespace dlcore::test {

/// The same work each time: products and sums over a megabyte, and a walk from place to place in it.
class Pace {
 public:
  Pace();

  /// Does it once, in about ten milliseconds.
  void work();
  std::int64_t done() const { return done_; }
  double seconds() const { return seconds_; }  // of the calling threads' processor time, in all

 private:
  std::vector<float> values_;
  std::vector<std::uint32_t> next_;  // a cycle through all places
  std::int64_t done_ = 0;
  double seconds_ = 0;
};

}  // namespace dlcore::test
