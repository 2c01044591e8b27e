// soak --minutes 30: training and serving side by side, and whether they take ever more memory, threads,
// handles or time. The time is compared with that of a piece of work that is always the same.
//
// A warm-up, then three stretches of the same length, at whose ends nobody is connected to the server for a
// moment. Each lasts for some epochs of both trainings at least, however slow the machine is. What the first
// stretch takes the others may take (tests/soak/series.h).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "io/atomic_file.h"
#include "tests/sanitized.h"
#include "tests/serve/served.h"
#include "tests/serve/traffic.h"
#include "tests/soak/pace.h"
#include "tests/soak/series.h"
#include "tests/soak/training.h"

namespace {

using namespace dlcore::test;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int stretches = 3;
constexpr std::int64_t warm_up_epochs = 6, epochs_each = 2;
constexpr std::size_t max_body = 300'000;

struct Options {
  double minutes = 1.0 / 3;
  double warm_up = 0.4;  // of these minutes
  int clients = 8;
  std::string csv;
  bool full = false;
};

// One of the processes.
struct Watched {
  std::string name, what;  // "steps"
  pid_t process;
  std::function<std::int64_t()> done;
  std::vector<Sample> series = {};
};

// Samples them in a thread of its own.
class Sampler {
 public:
  Sampler(std::vector<Watched>& watched, Seconds interval)
      : watched_(watched), thread_([this, interval] {
          for (auto next = Clock::now(); !over_; std::this_thread::sleep_until(next += to_clock(interval)))
            sample();
        }) {}
  ~Sampler() { stop(); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  double now() const { return Seconds(Clock::now() - begin_).count(); }
  void stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// The machine's own pace, as a series like those of the processes. To be asked for after stop().
  const std::vector<Sample>& pace() const { return pace_series_; }
  /// Of a process that has ended too early, say; empty: none.
  std::string failure() const {
    const std::lock_guard guard(mutex_);
    return failure_;
  }

 private:
  static Clock::duration to_clock(Seconds time) { return std::chrono::duration_cast<Clock::duration>(time); }

  void sample() {
    try {
      for (Watched& one : watched_) one.series.push_back({now(), usage_of(one.process), one.done()});
      pace_.work();
      pace_series_.push_back({now(), {.seconds = pace_.seconds()}, pace_.done()});
    } catch (const std::exception& error) {
      const std::lock_guard guard(mutex_);
      failure_ = error.what();
      over_ = true;
    }
  }

  std::vector<Watched>& watched_;
  Pace pace_;
  std::vector<Sample> pace_series_;
  const Clock::time_point begin_ = Clock::now();
  std::atomic<bool> over_ = false;
  mutable std::mutex mutex_;
  std::string failure_;
  std::thread thread_;
};

void write_csv(const std::string& path, const std::vector<Watched>& watched) {
  std::string text = "process,seconds,memory_kib,threads,handles,processor_seconds,done\n";
  for (const Watched& one : watched)
    for (const auto& [time, usage, done] : one.series)
      text += fmt::format("{},{:.2f},{},{},{},{:.2f},{}\n", one.name, time, usage.memory, usage.threads,
                          usage.handles, usage.seconds, done);
  dlcore::write_file_atomically(path, text);
}

void print_table(const Watched& one, const std::vector<Stretch>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Stretch& part = parts[i];
    fmt::print("{:<18} {:>7} {:>12.0f} {:>12} {:>8} {:>8} {:>10} {:<9} {:>9.2f}\n", i == 0 ? one.name : "",
               i + 1, part.memory, part.highest, part.threads, part.handles, part.done, one.what,
               part.seconds_each * 1000);
  }
}

void print_pace(const std::vector<Stretch>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    fmt::print("{:<18} {:>7} {:>54} {:<9} {:>9.2f}\n", i == 0 ? "the machine itself" : "", i + 1,
               parts[i].done, "loops", parts[i].seconds_each * 1000);
}

// The number of what is wrong.
int soak(const Options& options) {
  Served served({"--timeout", "4", "--batch", "8", "--max-body", std::to_string(max_body)});
  // The report has a line for each epoch: there are some hundred, not thousands, however long it goes on.
  const int scenes = static_cast<int>(std::clamp(100 * options.minutes, 300.0, 3000.0));
  EndlessTraining pictures("pictures", scenes), features("features", scenes);
  Traffic traffic(served.port(), max_body);
  std::atomic<std::int64_t> exchanges = 0;
  const auto exchange_some = [&] {
    const std::int64_t count = 2 * options.clients;
    traffic.run(exchanges, count, options.clients);
    exchanges += count;
  };
  const auto exchange_for = [&](Seconds time, std::int64_t epochs) {
    const auto epochs_done = [&] { return std::min(pictures.done().epochs, features.done().epochs); };
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
    const std::int64_t enough = epochs_done() + epochs;
    while (Clock::now() < end ||
           (epochs_done() < enough && pictures.program().running() && features.program().running()))
      exchange_some();
  };
  for (auto* training : {&pictures, &features})
    while (training->done().epochs == 0 && training->program().running()) exchange_some();

  std::vector<Watched> watched{
      {"dlcore_serve", "exchanges", served.program().process(), [&] { return exchanges.load(); }},
      {"train: pictures", "steps", pictures.program().process(), [&] { return pictures.done().steps; }},
      {"train: features", "steps", features.program().process(), [&] { return features.done().steps; }}};
  const Seconds whole(options.minutes * 60), warm_up = options.warm_up * whole;
  const Seconds each = (whole - warm_up) / stretches, quiet = std::min(each / 3, Seconds(3));
  Sampler sampler(watched, std::min(each / 20, Seconds(1)));
  std::vector<double> borders;
  for (int i = 0; i <= stretches; ++i) {
    exchange_for((i == 0 ? warm_up : each) - quiet, i == 0 ? warm_up_epochs : epochs_each);
    traffic.close_idle();
    std::this_thread::sleep_for(quiet);
    borders.push_back(sampler.now());
  }
  sampler.stop();

  std::vector<std::string> wrong = traffic.wrong();
  if (!sampler.failure().empty()) wrong.push_back(sampler.failure());
  if (!options.csv.empty()) write_csv(options.csv, watched);
  if (wrong.empty()) {
    fmt::print("{:<18} {:>7} {:>12} {:>12} {:>8} {:>8} {:>20} {:>9}\n", "", "stretch", "memory KiB",
               "highest KiB", "threads", "handles", "done", "ms each");
    const auto parts_of = [&borders](const std::vector<Sample>& series) {
      std::vector<Stretch> parts;
      for (std::size_t i = 0; i + 1 < borders.size(); ++i)
        parts.push_back(stretch_of(series, borders[i], borders[i + 1]));
      return parts;
    };
    const std::vector<Stretch> pace = parts_of(sampler.pace());
    print_pace(pace);
    for (const Watched& one : watched) {
      std::vector<Stretch> parts = parts_of(one.series);
      print_table(one, parts);
      for (std::size_t i = 0; i < parts.size(); ++i)
        parts[i].seconds_each *= pace[0].seconds_each / pace[i].seconds_each;
      for (std::string& line : growth_of(one.name, parts, options.full && !sanitized, options.full))
        wrong.push_back(std::move(line));
    }
  }
  const auto end = [&](const char* name, ChildProgram& program, int code) {
    if (program.running()) program.signal(SIGTERM);
    const ProgramResult result = program.wait();
    if (result.code != code || !result.err.empty())
      wrong.push_back(fmt::format("{} ended with {}: {}", name, result.code, result.err));
  };
  end("dlcore_serve", served.program(), 0);
  end("train: pictures", pictures.program(), 128 + SIGTERM);
  end("train: features", features.program(), 128 + SIGTERM);
  for (const std::string& line : wrong) fmt::print("GROWN OR WRONG  {}\n", line);
  if (wrong.empty())
    fmt::print("{}\n", options.full ? "nothing has grown" : "no threads and no handles are left behind");
  return static_cast<int>(wrong.size());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Trains and serves for some minutes, with clients of all kinds, and says whether memory, threads, "
      "handles or the processors' time for a step or a request grow: exit code 1 then.",
      "soak");
  Options options;
  app.add_option("--minutes", options.minutes, "How long, with the warm-up")
      ->check(CLI::Range(0.2, 10'000.0));
  app.add_option("--warm-up", options.warm_up, "What part of it is warm-up")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--clients", options.clients, "Clients of the server at once")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  app.add_option("--csv", options.csv, "File for all samples");
  app.add_flag(
      "--full", options.full,
      "Judge memory and the processors' time, too: all sizes must have come in the warm-up, for which it "
      "takes minutes");
  CLI11_PARSE(app, argc, argv);
  setenv("OMP_NUM_THREADS", "1", 0);  // the processes are beside each other
  try {
    return soak(options) == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "soak: {}\n", error.what());
    return 1;
  }
}
