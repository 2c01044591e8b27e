#include "tools/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace dlcore {
namespace {

std::atomic<int> first{0};
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers must not wait");

extern "C" void remember(int signal) {
  int none = 0;
  if (!first.compare_exchange_strong(none, signal)) _exit(StopSignals::exit_code(signal));
}

}  // namespace

StopSignals::StopSignals() {
  struct sigaction action = {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

StopSignals::~StopSignals() {
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
}

int StopSignals::received() {
  return first;
}

}  // namespace dlcore
