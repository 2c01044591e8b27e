// Checks of error messages: CHECK(lacks(error_of([&] { f(); }), {"file.h5", "captions"}) == "");
#pragma once

#include <initializer_list>
#include <string>

#include "core/error.h"

namespace dlcore::test {

/// The message of the dlcore::Error that `f` throws; "no error" where it throws none. Others pass through.
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// Empty when the message is one line that has all the parts; else what it lacks, and the message.
inline std::string lacks(const std::string& message, std::initializer_list<std::string> parts) {
  for (const std::string& part : parts)
    if (message.find(part) == std::string::npos) return "no \"" + part + "\" in: " + message;
  if (message.find('\n') != std::string::npos) return "several lines: " + message;
  return "";
}

}  // namespace dlcore::test
