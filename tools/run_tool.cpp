#include "tools/run_tool.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

#include "core/version.h"

namespace dlcore {
namespace {

// GCC's OpenMP lets a thread that waits spin for long by default. On a machine with anything else to do the
// thread that it waits for then gets no processor: a training step took 902 ms instead of 186 beside two busy
// processes, while on an idle machine a short spin costs nothing (90 ms either way). The library reads its
// settings when it is loaded, before main, so the program starts itself anew with them; where that fails it
// goes on as it is.
void limit_busy_waiting(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  std::error_code failure;  // the file's own path: under /proc/self/exe the process would be called "exe"
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (!failure && setenv("GOMP_SPINCOUNT", "10000", 1) == 0) execv(program.c_str(), argv);
}

}  // namespace

int run_tool(CLI::App& app, int argc, char** argv, const std::function<void()>& work, Waiting waiting) {
  if (waiting == Waiting::shortened) limit_busy_waiting(argv);
  app.set_version_flag("--version", app.get_name() + " " DLCORE_VERSION_STRING, "Print the version and stop");
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the call that writes it
  try {
    app.parse(argc, argv);
    work();
    if (std::fflush(stdout) != 0) throw std::runtime_error("the output could not be written");
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "%s: out of memory\n", app.get_name().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), error.what());
  }
  return 1;
}

}  // namespace dlcore
