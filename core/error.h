// The one exception type of dlcore.
//
// Every failure that a caller or user can cause is an Error whose message is one sentence: the operation,
// file or key, what was expected and what came. Nothing in dlcore aborts or exits below main().
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace dlcore {

/// One line: control characters of what a message quotes, which could be a terminal's commands, become
/// spaces, and a message of more than 8000 bytes is cut.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string message);
};

/// Throws Error with a formatted message.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
  throw Error(fmt::format(text, std::forward<Args>(args)...));
}

/// Throws Error with a formatted message unless `condition` holds.
template <class... Args>
void require(bool condition, fmt::format_string<Args...> text, Args&&... args) {
  if (!condition) fail(text, std::forward<Args>(args)...);
}

}  // namespace dlcore
