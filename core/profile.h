// Where the time of a pass goes: spans of work on one stream, as the thread that began the profile meets
// them.
//
//   Profile profile(stream);     // from here on this thread records
//   ...                          // kernels, layers of a graph and what calls them make spans
//   const std::vector<Profile::Span>& spans = profile.finish();
//
// On a CPU a span is what passes on the clock; on a GPU, between two events in the stream. Without a profile
// a span costs one look at a thread-local pointer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/stream.h"

namespace dlcore {

class Profile {
 public:
  enum class Kind : unsigned char { phase, layer, kernel };

  struct Span {
    std::string name;
    std::string detail;  // what this call of a kernel was about: extents
    Kind kind = Kind::phase;
    int parent = -1;                // the span that it is a part of, or -1
    double begin = 0, seconds = 0;  // since the profile began, on the stream's device
    double flop = 0;                // floating-point operations, of matrix products and convolutions
    double bytes = 0;               // of the tensors that a kernel reads and writes, each once
  };

  /// Begins. Throws Error when this thread records already.
  explicit Profile(const Stream& stream);
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  /// Whether this thread records now.
  static bool recording();

  /// Ends, waits for the stream, and gives the spans in the order in which they began.
  const std::vector<Span>& finish();

 private:
  friend class ProfileSpan;
  struct Times;  // of the spans' begins and ends

  int begin(Kind kind, std::string_view name);
  void end(int span);
  void stop();

  Stream stream_;
  std::vector<Span> spans_;
  std::vector<int> open_;
  std::unique_ptr<Times> times_;
};

/// A span from here to the end of the scope. Within a kernel no others are recorded: a kernel that calls
/// another is one.
class ProfileSpan {
 public:
  ProfileSpan(Profile::Kind kind, std::string_view name);
  ~ProfileSpan();
  ProfileSpan(const ProfileSpan&) = delete;
  ProfileSpan& operator=(const ProfileSpan&) = delete;

  /// Whether it is recorded: then describe() has someone to tell.
  bool recorded() const { return span_ >= 0; }
  void describe(double flop, double bytes, std::string detail = {}) const;

 private:
  int span_ = -1;  // -1: not recorded
};

/// Work as a phase of a step: "forward".
template <class Work>
auto in_phase(std::string_view name, Work work) {
  const ProfileSpan span(Profile::Kind::phase, name);
  return work();
}

}  // namespace dlcore
