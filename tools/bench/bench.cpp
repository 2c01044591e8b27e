// dlcore_bench: times training steps and decoding, one JSON line per workload.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/allocator.h"
#include "core/cpu.h"
#include "core/profile.h"
#include "core/stopwatch.h"
#include "tools/bench/bench_work.h"
#include "tools/device_option.h"
#include "tools/run_tool.h"

namespace {

using namespace dlcore;

struct Options {
  std::vector<std::string> work;
  std::string device = "cpu";
  std::string type = "float32";
  BenchSizes sizes;
  int threads = 0;
  int repetitions = 15;
};

// What one run does, by its kernels.
struct Count {
  double flop = 0, bytes = 0;
  std::int64_t kernels = 0;
};

Count count(const BenchWork& work, const Stream& stream) {
  Profile profile(stream);
  work.run();
  Count result;
  for (const auto& span : profile.finish()) {
    if (span.kind != Profile::Kind::kernel) continue;
    result.flop += span.flop;
    result.bytes += span.bytes;
    ++result.kernels;
  }
  return result;
}

const char* variant_of(const Options& options, const Stream& stream) {
  if (stream.device().is_cpu()) return name_of(stream.cpu_target());
  return options.sizes.persistent_rnn ? "packed" : "step by step";
}

void bench(const Options& options) {
  if (options.threads > 0) set_cpu_threads(options.threads);
  const Device device = choose_device(options.device).device;
  const DType type = dtype_from_name(options.type);
  const Stream stream(device);
  for (const auto& maker : find_bench_work(options.work)) {
    allocator(device).reset_peak();
    const BenchWork work = maker.make(options.sizes, type, stream);
    const auto run = [&] {
      work.run();
      stream.synchronize();
    };
    for (int i = 0; i < 2; ++i) run();
    const Count counted = count(work, stream);  // a third run to warm up
    const auto before = allocator(device).statistics();
    std::vector<double> times;
    for (int i = 0; i < options.repetitions; ++i) {
      const Stopwatch watch;
      run();
      times.push_back(1e3 * watch.seconds());
    }
    const auto after = allocator(device).statistics();
    const double peak = measure_gemm_peak(type, stream);  // beside the work, under the same conditions
    // For a single kernel only: the tensors that it takes would stand in the process's peak memory.
    const double bandwidth = work.flop == 0 ? measure_bandwidth(type, stream) : 0;
    std::sort(times.begin(), times.end());
    const double median = times[times.size() / 2];
    const double flop = work.flop > 0 ? work.flop : counted.flop;
    const double rate = 1e-6 * flop / median;
    const double transfer = 1e-6 * counted.bytes / median;
    const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
    nlohmann::ordered_json line{{"work", work.name},
                                {"system", work.system},
                                {"variant", variant_of(options, stream)},
                                {"device", to_string(device)},
                                {"dtype", options.type},
                                {"ms", rounded(median)},
                                {"best_ms", rounded(times.front())},
                                {"threads", cpu_threads()},
                                {"gflop", rounded(1e-9 * flop)},
                                {"executed_gflop", rounded(1e-9 * counted.flop)},
                                {"gflops", rounded(rate)},
                                {"gemm_peak_gflops", rounded(peak)},
                                {"fraction_of_peak", rounded(rate / peak)},
                                {"kernels", counted.kernels},
                                {"gbyte", rounded(1e-9 * counted.bytes)},
                                {"allocations", after.requests - before.requests},
                                {"system_allocations", after.system_requests - before.system_requests},
                                {"peak_mib", rounded(static_cast<double>(after.peak_in_use) / (1 << 20))}};
    if (bandwidth > 0) {
      line["gbytes"] = rounded(transfer);
      line["bandwidth_gbytes"] = rounded(bandwidth);
      line["fraction_of_bandwidth"] = rounded(transfer / bandwidth);
    }
    fmt::print("{}\n", line.dump());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Times training steps and decoding, one JSON line per workload: median and best milliseconds, FLOP, "
      "and the "
      "fraction of the matrix-product peak measured on the spot.",
      "dlcore_bench");
  Options options;
  app.add_option("--work", options.work,
                 "What to time, by name or the beginning of names; all where left out");
  app.add_option("--device", options.device, "cpu, cuda or cuda:i")->capture_default_str();
  app.add_option("--dtype", options.type, "float32, float64 or bfloat16")->capture_default_str();
  const auto add_size = [&](const char* name, std::int64_t& size, const char* what) {
    app.add_option(name, size, what)->check(CLI::PositiveNumber);
  };
  add_size("--batch", options.sizes.batch,
           "Captions, or pictures, in place of the workload's own number; of kernels too");
  add_size("--tokens", options.sizes.tokens, "Of a caption, in place of 17");
  add_size("--wordvec", options.sizes.wordvec, "Size of word vectors, in place of 256");
  add_size("--hidden", options.sizes.hidden, "Size of the hidden state, in place of 512");
  add_size("--vocabulary", options.sizes.vocabulary, "Words, in place of 1004");
  add_size("--image-size", options.sizes.image_size,
           "Side of pictures, in place of 224 for inference, 112 for training");
  bool step_by_step = false;
  app.add_flag("--step-by-step", step_by_step,
               "On a GPU run the steps of a recurrent layer one by one, not all in one kernel");
  app.add_option("--threads", options.threads, "CPU threads; 0: as the environment says")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--reps", options.repetitions, "Runs of each, after three to warm up")
      ->check(CLI::PositiveNumber);
  return run_tool(app, argc, argv, [&] {
    options.sizes.persistent_rnn = !step_by_step;
    bench(options);
  });
}
