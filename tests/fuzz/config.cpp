// A run's configuration in YAML; behind a zero byte, lines of --set options.
#include "models/config.h"

#include <sstream>

#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_config(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  const std::size_t end = std::min(input.find('\0'), input.size());
  std::vector<std::string> overrides;
  std::istringstream lines{std::string(input.substr(std::min(end + 1, input.size())))};
  for (std::string line; std::getline(lines, line);) overrides.push_back(line);
  accepted([&] {
    const Config config = parse_config(std::string(input.substr(0, end)), "run.yaml", overrides);
    const std::string dump = dump_config(config);
    expect(dump_config(parse_config(dump, "dump", {})) == dump, "is another after --dump-config:\n" + dump);
  });
  return 0;
}

}  // namespace dlcore::fuzz
