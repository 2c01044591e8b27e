#include "tools/run_tool.h"

#include <cstdio>
#include <exception>
#include <new>

namespace dlcore {

int run_tool(CLI::App& app, int argc, char** argv, const std::function<void()>& work) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  try {
    work();
    if (std::fflush(stdout) != 0) throw std::runtime_error("the output could not be written");
    return 0;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "%s: out of memory\n", app.get_name().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), error.what());
  }
  return 1;
}

}  // namespace dlcore
