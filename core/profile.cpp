#include "core/profile.h"

#include <chrono>

#include "core/backend.h"
#include "core/error.h"

namespace dlcore {
namespace {

thread_local Profile* current = nullptr;

}  // namespace

// Points in the stream's work; span i begins and ends at two of them.
struct Profile::Times {
  using Clock = std::chrono::steady_clock;

  explicit Times(const Stream& on) : stream(on) { first = mark(); }
  ~Times() {
    for (void* event : events) backend::destroy_event(stream.device().index, event);
  }
  Times(const Times&) = delete;
  Times& operator=(const Times&) = delete;

  std::size_t mark() {
    if (stream.device().is_cuda())
      events.push_back(backend::record_timed_event(stream.device().index, stream.native()));
    else
      moments.push_back(Clock::now());
    return stream.device().is_cuda() ? events.size() - 1 : moments.size() - 1;
  }
  /// From the first point to this one; what was queued must be done.
  double seconds(std::size_t point) const {
    if (stream.device().is_cuda())
      return backend::seconds_between(stream.device().index, events[first], events[point]);
    return std::chrono::duration<double>(moments[point] - moments[first]).count();
  }

  Stream stream;
  std::vector<void*> events;               // on a GPU
  std::vector<Clock::time_point> moments;  // on a CPU
  std::size_t first = 0;
  std::vector<std::size_t> begins, ends;
};

Profile::Profile(const Stream& stream) : stream_(stream) {
  require(current == nullptr, "profile: this thread records one already");
  stream.synchronize();
  times_ = std::make_unique<Times>(stream);
  current = this;
}

bool Profile::recording() {
  return current != nullptr;
}

Profile::~Profile() {
  stop();
}

void Profile::stop() {
  if (current == this) current = nullptr;
}

const std::vector<Profile::Span>& Profile::finish() {
  if (current != this) return spans_;
  if (!open_.empty())
    fail("profile: '{}' has not ended", spans_[static_cast<std::size_t>(open_.back())].name);
  stop();
  stream_.synchronize();
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    spans_[i].begin = times_->seconds(times_->begins[i]);
    spans_[i].seconds = times_->seconds(times_->ends[i]) - spans_[i].begin;
  }
  return spans_;
}

int Profile::begin(Kind kind, std::string_view name) {
  const int parent = open_.empty() ? -1 : open_.back();
  if (parent >= 0 && spans_[static_cast<std::size_t>(parent)].kind == Kind::kernel) return -1;
  const int number = static_cast<int>(spans_.size());
  spans_.push_back({.name = std::string(name), .detail = {}, .kind = kind, .parent = parent});
  open_.push_back(number);
  times_->ends.push_back(0);
  times_->begins.push_back(times_->mark());
  return number;
}

void Profile::end(int span) {
  times_->ends[static_cast<std::size_t>(span)] = times_->mark();
  open_.pop_back();
}

ProfileSpan::ProfileSpan(Profile::Kind kind, std::string_view name)
    : span_(current == nullptr ? -1 : current->begin(kind, name)) {}

ProfileSpan::~ProfileSpan() {
  if (span_ >= 0 && current != nullptr) current->end(span_);
}

void ProfileSpan::describe(double flop, double bytes, std::string detail) const {
  Profile::Span& span = current->spans_[static_cast<std::size_t>(span_)];
  span.flop = flop;
  span.bytes = bytes;
  span.detail = std::move(detail);
}

}  // namespace dlcore
