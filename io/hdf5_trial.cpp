#include "io/hdf5_trial.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "core/error.h"
#include "io/hdf5_internal.h"

namespace dlcore {

namespace {

int depth = 0;  // of calls that were tried, or are; under Hdf5Lock

// Seconds of processor time: a call that reads all of a large file may take minutes.
rlim_t patience(const std::string& path) {
  constexpr std::uintmax_t bytes_each = 10'000'000;
  std::error_code gone;  // a file that was removed can still be read
  const std::uintmax_t bytes = std::filesystem::file_size(path, gone);
  return 10 + (gone ? 0 : bytes / bytes_each);
}

// The child dies as if nobody looked: no handler of the parent's program runs, nothing is printed, and no
// core is left.
void die_quietly(rlim_t seconds) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGXCPU, SIGALRM})
    std::signal(signal, SIG_DFL);
  // Ctrl-C reaches the parent too, which knows what to do about it.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, stream);
  const rlimit no_core{0, 0}, time{seconds, seconds + 1};
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &time);
#ifdef __linux__
  prctl(PR_SET_DUMPABLE, 0);
#endif
  alarm(static_cast<unsigned>(30 * seconds));  // where it waits for what another thread of the parent held
}

[[noreturn]] void be_child(const std::function<void()>& call, rlim_t seconds, int report) {
  die_quietly(seconds);
  Hdf5Lock::forget_parent();
  ++depth;
  try {
    call();
  } catch (...) {  // what fails with a message will fail so in the parent, where the message is of use
  }
  const char done = 1;
  _exit(write(report, &done, 1) == 1 ? 0 : 1);
}

template <class Call>
auto again_when_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

// The child says by a byte that it came to its end: a program that ignores SIGCHLD gets no status of it.
void try_in_child(const std::string& path, const std::function<void()>& call) {
  std::array<int, 2> ends{};
  require(pipe2(ends.data(), O_CLOEXEC) == 0, "cannot look through {}: {}", path, std::strerror(errno));
  const rlim_t seconds = patience(path);
  const pid_t child = fork();
  if (child == 0) be_child(call, seconds, ends[1]);
  const int reason = errno;
  close(ends[1]);
  char byte = 0;
  const bool done = child > 0 && again_when_interrupted([&] { return read(ends[0], &byte, 1); }) == 1;
  close(ends[0]);
  require(child > 0, "cannot start a process that looks through {}: {}", path, std::strerror(reason));
  int status = 0;
  const bool known = again_when_interrupted([&] { return waitpid(child, &status, 0); }) == child;
  if (done) return;
  const int signal = known && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  unsigned version[3] = {};
  H5get_libversion(&version[0], &version[1], &version[2]);
  const std::string library = fmt::format("the HDF5 library {}.{}.{}", version[0], version[1], version[2]);
  if (signal == SIGKILL)
    fail("cannot look through {}: the process that did was killed; is there too little memory?", path);
  if (signal == SIGXCPU || signal == SIGALRM)
    fail("{} is damaged: {} does not come to an end with it", path, library);
  fail("{} is damaged: {} crashes on it{}", path, library,
       signal == 0 ? "" : fmt::format(" ({})", strsignal(signal)));
}

bool within_trial() {
  return depth > 0;
}

TriedCall::TriedCall() {
  ++depth;
}
TriedCall::~TriedCall() {
  --depth;
}

}  // namespace dlcore
