// dlcore_serve under traffic of all kinds: what is right is answered all the time, and nothing of what was
// wrong stays behind.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "tests/catch.h"
#include "tests/process_usage.h"
#include "tests/sanitized.h"
#include "tests/serve/served.h"
#include "tests/serve/traffic.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr int clients = 32, timeout = 15;  // seconds, for machines with much else to do
constexpr std::size_t max_body = 300'000;

std::int64_t requests_wanted() {
  const char* const wanted = std::getenv("DLCORE_TEST_REQUESTS");
  return wanted == nullptr ? 500 : std::atoll(wanted);
}

// What the process has when nobody is connected any more and its deadlines are over.
ProcessUsage settled(Served& served) {
  const pid_t process = served.program().process();
  ProcessUsage usage = usage_of(process);
  std::this_thread::sleep_for(std::chrono::seconds(timeout + 1));
  for (int i = 0; i < 200; ++i) {
    const ProcessUsage now = usage_of(process);
    if (now.handles == usage.handles && now.threads == usage.threads && i > 5) return now;
    usage = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return usage;
}

// The counters of /metrics that are not what the clients saw, one a line.
std::string miscounted(const Served& served, const Traffic& traffic) {
  const std::string name = "dlcore_http_requests_total{path=\"";
  const std::string text = ask(served.port(), get("/metrics")).body;
  std::map<std::pair<std::string, int>, std::int64_t> counted;
  for (std::size_t at = text.find("\n" + name); at != std::string::npos;
       at = text.find("\n" + name, at + 1)) {
    const std::size_t path = at + 1 + name.size(), path_end = text.find('"', path);
    const std::size_t code = text.find("code=\"", path_end) + 6;
    counted[{text.substr(path, path_end - path), std::stoi(text.substr(code))}] =
        std::stoll(text.substr(text.find(' ', code)));
  }
  std::string wrong;
  std::map<std::string, std::int64_t> unseen;  // counted, but no client has seen the answer
  for (const auto& [what, count] : counted) {
    const auto seen = traffic.answers().find(what);
    const std::int64_t least = seen == traffic.answers().end() ? 0 : seen->second;
    unseen[what.first] += count - least;
    if (count < least)
      wrong += fmt::format("{} {}: {}, but {} were seen\n", what.first, what.second, count, least);
  }
  for (const auto& [what, count] : traffic.answers())
    if (!counted.contains(what)) wrong += fmt::format("{} {} is not counted\n", what.first, what.second);
  for (const auto& [path, count] : unseen) {
    const auto left = traffic.left().find(path);
    const std::int64_t most = left == traffic.left().end() ? 0 : left->second;
    if (count > most)
      wrong += fmt::format("{}: {} counted that nobody saw, but only {} did not look\n", path, count, most);
  }
  return wrong;
}

}  // namespace

TEST_CASE("serve: clients of all kinds, and nothing of them stays") {
  // The memory that captioning takes is the largest batch's, and batches of eight all come in the warm-up.
  Served served(
      {"--timeout", std::to_string(timeout), "--max-body", std::to_string(max_body), "--batch", "8"});
  Traffic traffic(served.port(), max_body);
  const std::int64_t requests = requests_wanted(), warm_up = std::max<std::int64_t>(requests / 2, 500);
  traffic.run(0, warm_up, clients);
  traffic.close_idle();
  const ProcessUsage before = settled(served);

  std::atomic<bool> over = false;
  std::thread watch([&] {
    while (!over) {
      traffic.check_health();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  traffic.run(warm_up, requests, clients);
  over = true;
  watch.join();
  traffic.close_idle();
  const ProcessUsage after = settled(served);

  std::string report;
  for (const auto& [kind, count] : traffic.kinds()) report += fmt::format("{:>6}  {}\n", count, kind);
  report += fmt::format(
      "memory {} KiB before and {} after the last {} exchanges, {} at most; threads {} and {}, handles {} "
      "and {}\n",
      before.memory, after.memory, requests, after.peak_memory, before.threads, after.threads, before.handles,
      after.handles);
  std::printf("%s", report.c_str());
  std::string wrong;
  for (const std::string& line : traffic.wrong()) wrong += line + "\n";
  CHECK(wrong == "");
  CHECK(after.threads == before.threads);
  CHECK(after.handles == before.handles);
  if (!sanitized) CHECK(static_cast<double>(after.memory) <= 1.02 * static_cast<double>(before.memory));
  CHECK(miscounted(served, traffic) == "");
  CHECK(served.metric("dlcore_queue_requests") == 0);
  CHECK(served.metric("dlcore_request_bytes") == 0);

  const HttpConnection idle(served.port());
  served.program().signal(SIGTERM);
  const ProgramResult end = served.program().wait();
  CHECK(end.code == 0);
  CHECK(end.err == "");
}
