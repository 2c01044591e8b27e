#include "tests/serve/command_line.h"

#include <sstream>

#include "tests/catch.h"
#include "tests/tools/run_program.h"

namespace dlcore::test {

std::vector<std::string> caption_lines(const std::string& model, const std::string& photos,
                                       const std::vector<std::string>& options) {
  std::vector<std::string> arguments{model, photos, "--device", "cpu"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const ProgramResult result = run_program("caption", arguments);
  INFO(result.err);
  REQUIRE(result.code == 0);
  std::istringstream stream(result.out);
  std::vector<std::string> lines;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) lines.push_back(line);
  return lines;
}

}  // namespace dlcore::test
