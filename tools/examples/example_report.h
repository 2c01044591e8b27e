// What was written to a file of examples, and what was not.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dlcore {

struct ExampleReport {
  std::vector<std::pair<std::string, std::int64_t>> splits;  // and their examples
  std::int64_t classes = 0;
  std::string inputs;              // "pictures of 32 x 32 x 3 bytes"
  std::vector<std::string> notes;  // sentences
  std::vector<std::string>
      broken;  // messages about pictures that were left out, each of which names its file
};

/// Lines for people, with the first messages about what was left out.
std::string describe(const ExampleReport& report, const std::string& out);

/// OUT.dropped.txt with all of them; removed where nothing was left out.
void write_broken(const ExampleReport& report, const std::string& out);

}  // namespace dlcore
