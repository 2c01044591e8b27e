// dlcore_serve MODEL: captions pictures over HTTP, with a page for people and JSON for programs.
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "core/cpu.h"
#include "core/error.h"
#include "tools/device_option.h"
#include "tools/plugin_option.h"
#include "tools/run_tool.h"
#include "tools/serve/application.h"
#include "tools/training_consensus.h"
#include "tools/weights_option.h"

namespace {

using namespace dlcore;

struct Options {
  std::string model;
  std::string weights;
  std::string training_config;
  std::string device = "auto";
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  int threads = 0;
  double timeout = 30;
  ServeLimits limits;
};

// The signals that end the server, kept from every thread that is begun while this exists.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }
  /// The next one ends the process at once.
  void release() const { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  sigset_t set_{};
};

void serve(Options options) {
  options.limits.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout * 1000));
  const EndSignals signals;
  const Device device = announce_device(options.device);
  ListeningSocket socket(options.host, options.port);  // before the model, which takes longer
  PhotoCaptioner captioner(options.model, device, options.weights);
  std::unique_ptr<CaptionConsensus> consensus;
  if (!options.training_config.empty()) {
    consensus = training_consensus(options.model, options.training_config, captioner.model(), &captioner,
                                   Stream(device));
    options.limits.max_neighbors = 1000;
  }
  Metrics metrics;
  ByteBudget bodies(options.limits.max_bodies);
  CaptionService service(std::move(captioner), std::move(consensus), device,
                         options.threads > 0 ? options.threads : cpu_threads(), options.limits, metrics);
  Application application(std::filesystem::path(options.model).filename().string(), service, options.limits,
                          bodies, metrics);
  // Besides those that wait, some that are sending, and some that browsers keep open.
  const auto connections = static_cast<unsigned int>(2 * options.limits.queue + 64);
  HttpServer server(socket, {options.limits.max_body, connections, options.limits.timeout}, bodies,
                    application);
  if (!socket.loopback())
    fmt::print(stderr,
               "dlcore_serve: {} is reached from other machines, without a password and without encryption\n",
               options.host);
  fmt::print("{} captions pictures with {}; Ctrl-C ends it\n", socket.url(), options.model);
  std::fflush(stdout);
  signals.wait();
  signals.release();
  fmt::print("answering what has come so far\n");
  std::fflush(stdout);
  application.drain();
  server.drain();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Captions pictures over HTTP: / is a page to drop them on, POST /caption answers in JSON, /healthz "
      "says that the "
      "server is there and /metrics what it has done, for Prometheus. SIGTERM and Ctrl-C end it when what "
      "has come is "
      "answered.",
      "dlcore_serve");
  Options options;
  app.add_option("model", options.model, "Model file, as dlcore_train writes it (model.safetensors)")
      ->required();
  app.add_option("--port", options.port, "Port; 0: any free one")->capture_default_str();
  app.add_option("--host", options.host,
                 "Address to listen on; 0.0.0.0 is reached from other machines, and there is no password")
      ->capture_default_str();
  add_weights_option(app, options.weights);
  app.add_option(
      "--training-config", options.training_config,
      "The configuration of the training run (config.yaml beside the model): its training data is read, "
      "and requests may ask for neighbors");
  app.add_option("--threads", options.threads, "Threads that decode pictures; 0: as many as for computing")
      ->check(CLI::NonNegativeNumber);
  const std::string group = "Limits";
  app.add_option("--max-body", options.limits.max_body, "Bytes of a request at most (else 413)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-bodies", options.limits.max_bodies,
                 "Bytes of all requests together at most (else 503)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-pixels", options.limits.max_pixels, "Pixels of a picture at most (else 413)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--queue", options.limits.queue, "Requests that wait at most (else 503)")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--batch", options.limits.batch, "Pictures captioned together at most")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--timeout", options.timeout,
                 "Seconds for a request to arrive (else 408), and again for its answer (else 504)")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str()
      ->group(group);
  add_device_option(app, options.device);
  add_plugin_option(app);
  return run_tool(app, argc, argv, [&] { serve(options); });
}
