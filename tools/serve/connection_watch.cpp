#include "tools/serve/connection_watch.h"

#include <sys/socket.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace dlcore {
namespace {

// Written past the server's library, which has nothing to send before a request is complete.
constexpr std::string_view too_slow =
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: application/json\r\n"
    "Content-Length: 62\r\n\r\n"
    "{\"error\": \"the request did not arrive whole within its time\"}\n";

// 1: there is a byte to be read; 0: the other end has sent its last one, and all are read; else negative.
ssize_t look(int descriptor) {
  char next = 0;
  return recv(descriptor, &next, 1, MSG_PEEK | MSG_DONTWAIT);
}

// The library waits on where the other end is done: a drain would, too.
bool is_over(int descriptor) {
  return look(descriptor) == 0;
}

}  // namespace

ConnectionWatch::ConnectionWatch(std::chrono::milliseconds limit)
    : limit_(limit), thread_([this] { watch(); }) {}

ConnectionWatch::~ConnectionWatch() {
  {
    const std::lock_guard guard(mutex_);
    ended_ = true;
  }
  end_.notify_all();
  thread_.join();
}

void ConnectionWatch::opened(const void* connection, int descriptor) {
  const std::lock_guard guard(mutex_);
  entries_[connection] = {descriptor, State::fresh, Clock::now()};
}

void ConnectionWatch::request_begun(const void* connection) {
  set(connection, State::receiving);
}

void ConnectionWatch::request_complete(const void* connection) {
  set(connection, State::answering);
}

void ConnectionWatch::answer_begun(const void* connection) {
  set(connection, State::sending);
}

bool ConnectionWatch::request_answered(const void* connection) {
  return !set(connection, State::idle);
}

void ConnectionWatch::closed(const void* connection) {
  const std::lock_guard guard(mutex_);
  entries_.erase(connection);
}

bool ConnectionWatch::has_unread() {
  const std::lock_guard guard(mutex_);
  return std::any_of(entries_.begin(), entries_.end(), [](const auto& one) {
    const Entry& entry = one.second;
    return (entry.state == State::fresh || entry.state == State::idle) && look(entry.descriptor) > 0;
  });
}

// False where the connection has been ended.
bool ConnectionWatch::set(const void* connection, State state) {
  const std::lock_guard guard(mutex_);
  const auto found = entries_.find(connection);
  if (found == entries_.end()) return true;
  Entry& entry = found->second;
  if (entry.state == State::ended) return false;
  // The time that the head took on a fresh connection counts; when one began on an idle one is not known.
  if (entry.state != State::fresh) entry.since = Clock::now();
  entry.state = state;
  entry.seems_over = false;
  return true;
}

bool ConnectionWatch::is_to_end(Entry& entry, Clock::time_point latest) const {
  if (entry.state == State::answering || entry.state == State::ended) return false;
  if (entry.since <= latest) return true;
  if (entry.state == State::sending) return false;  // who has nothing more to say may still listen
  // Once is not enough: the library may have read the rest just now, and not looked at it yet.
  return std::exchange(entry.seems_over, is_over(entry.descriptor)) && entry.seems_over;
}

void ConnectionWatch::watch() {
  const Clock::duration step =
      std::clamp<Clock::duration>(limit_ / 8, std::chrono::milliseconds(10), std::chrono::seconds(1));
  std::unique_lock lock(mutex_);
  while (!end_.wait_for(lock, step, [&] { return ended_; })) {
    const auto latest = Clock::now() - limit_;
    for (auto& [connection, entry] : entries_) {
      if (!is_to_end(entry, latest)) continue;
      if (entry.state == State::fresh || entry.state == State::receiving)
        send(entry.descriptor, too_slow.data(), too_slow.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      shutdown(entry.descriptor, SHUT_RDWR);
      entry.state = State::ended;  // the library sees its end and closes it
    }
  }
}

}  // namespace dlcore
