#include "io/hdf5_trial.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "core/error.h"
#include "io/hdf5_internal.h"

namespace dlcore {

namespace {

constexpr std::int64_t most_numbers = 1 << 16;
constexpr unsigned patience_s = 10;
constexpr std::clock_t enough = 2 * CLOCKS_PER_SEC;

// What fails with a message will fail so in the parent, where the message is of use.
template <class Work>
void attempt(Work work) {
  try {
    work();
  } catch (const std::exception&) {
  }
}

template <class T>
void read_ends(const Hdf5Dataset& data, std::int64_t row,
               void (Hdf5Dataset::*read)(std::int64_t, std::int64_t, T*) const) {
  const std::int64_t rows = data.shape()[0],
                     some = std::min(rows, std::max<std::int64_t>(1, most_numbers / row));
  std::vector<std::uint64_t> values(static_cast<std::size_t>(some * row));
  for (const std::int64_t begin : {std::int64_t{0}, rows - some})
    attempt([&] { (data.*read)(begin, some, static_cast<T*>(static_cast<void*>(values.data()))); });
}

void read_numbers(const Hdf5Dataset& data) {
  const Shape shape = data.shape();
  const bool integers = data.type().kind == Hdf5Type::Kind::integer;
  if (shape.rank() == 0 || shape.numel() <= most_numbers || (integers && !data.type().raw_ready)) {
    if (integers)
      data.read_int64();
    else
      data.read_float();
    return;
  }
  data.require_plausible_size(sizeof(float));
  const std::int64_t row = shape.with_first(1).numel();
  if (data.type().raw_ready) read_ends<void>(data, row, &Hdf5Dataset::read_rows_raw);
  if (!integers) read_ends<float>(data, row, &Hdf5Dataset::read_rows);
}

void read_dataset(const Hdf5Dataset& data) {
  for (const std::string& name : data.attribute_names()) attempt([&] { data.text_attribute(name); });
  switch (data.type().kind) {
    case Hdf5Type::Kind::integer:
    case Hdf5Type::Kind::floating:
      read_numbers(data);
      break;
    default:
      data.read_text();
  }
}

void read_file(const std::string& path) {
  const Hdf5File file = Hdf5Untried::open(path);
  for (const std::string& name : file.attribute_names()) attempt([&] { file.text_list_attribute(name); });
  for (const std::string& name : file.dataset_names()) {
    if (std::clock() > enough) break;  // there are files with a dataset for each of a million pictures
    attempt([&] { read_dataset(file.dataset(name)); });
  }
}

// The child dies as if nobody looked: no handler of the parent's program runs, nothing is printed, and no
// core is left.
void die_quietly() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGXCPU, SIGALRM})
    std::signal(signal, SIG_DFL);
  // Ctrl-C reaches the parent too, which knows what to do about it.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(nowhere, STDERR_FILENO);
  const rlimit no_core{0, 0}, time{patience_s, patience_s + 1};
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &time);
#ifdef __linux__
  prctl(PR_SET_DUMPABLE, 0);
#endif
  alarm(30 * patience_s);  // where it waits for what another thread of the parent held
}

[[noreturn]] void be_child(const std::string& path, int report) {
  die_quietly();
  Hdf5Lock::forget_parent();
  attempt([&] { read_file(path); });
  const char done = 1;
  _exit(write(report, &done, 1) == 1 ? 0 : 1);
}

template <class Call>
auto again_when_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// The child says by a byte that it came to its end: a program that ignores SIGCHLD gets no status of it.
void read_in_child(const std::string& path) {
  std::array<int, 2> ends{};
  require(pipe2(ends.data(), O_CLOEXEC) == 0, "cannot look through {}: {}", path, std::strerror(errno));
  const pid_t child = fork();
  if (child == 0) be_child(path, ends[1]);
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
  if (signal == SIGXCPU || signal == SIGALRM)
    fail("{} is damaged: {} does not come to an end with it", path, library);
  fail("{} is damaged: {} crashes on it{}", path, library,
       signal == 0 ? "" : fmt::format(" ({})", strsignal(signal)));
}

// What tells a file from another one, and from itself after a change.
struct Identity {
  dev_t device;
  ino_t number;
  off_t bytes;
  timespec changed;

  bool operator==(const Identity& other) const {
    return device == other.device && number == other.number && bytes == other.bytes &&
           changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
  }
};

}  // namespace

void try_hdf5_file(const std::string& path) {
  static std::array<Identity, 16> passed{};  // the newest ones, in a ring
  static std::size_t next = 0;
  struct stat status {};
  require(stat(path.c_str(), &status) == 0, "cannot open {}: {}", path, std::strerror(errno));
  const Identity identity{status.st_dev, status.st_ino, status.st_size, status.st_ctim};
  if (std::find(passed.begin(), passed.end(), identity) != passed.end()) return;
  read_in_child(path);
  passed[next] = identity;
  next = (next + 1) % passed.size();
}

}  // namespace dlcore
