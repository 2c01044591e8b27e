// dlcore_train CONFIG.yaml: trains a captioner from HDF5 features or from pictures, or the network of a
// graph.
#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/format.h"
#include "core/stopwatch.h"
#include "io/atomic_file.h"
#include "models/open_task.h"
#include "models/same_run.h"
#include "models/trainer.h"
#include "tools/coco/prepare_missing.h"
#include "tools/coco/training_pictures.h"
#include "tools/device_option.h"
#include "tools/plugin_option.h"
#include "tools/profile_report.h"
#include "tools/progress.h"
#include "tools/run_tool.h"
#include "tools/stop_signals.h"

namespace {

using namespace dlcore;

struct Options {
  std::string config;
  std::vector<std::string> overrides;
  std::string device = "auto";
  std::string out;
  bool overwrite = false;
  bool resume = false;
  bool dump = false;
  bool profile = false;
  bool quiet = false;
};

void print_parameters(TrainingTask& task) {
  for (const auto& [name, parameter] : task.modules()[0].parameters->entries())
    fmt::print("  {:<32} {:<14} {:>12}{}\n", name, to_string(parameter->shape),
               readable_count(parameter->shape.numel()), parameter->trainable ? "" : "  (not trained)");
}

std::string image_alarm(const EpochMetrics& metrics, const Terminal& terminal) {
  if (!metrics.val_loss_shuffled) return "";
  if (std::isnan(image_gap(metrics))) return "  (too few different images to exchange)";
  return ignores_image(metrics)
             ? terminal.paint(Terminal::Colour::warning,
                              fmt::format("  WARNING: the image is ignored (gap {:.3f})", image_gap(metrics)))
             : "";
}

std::string exchanged_text(const EpochMetrics& metrics) {
  return metrics.val_loss_shuffled ? fmt::format("  images exchanged {:.4f}", *metrics.val_loss_shuffled)
                                   : "";
}

std::string scores_text(const EpochMetrics& metrics) {
  if (metrics.accuracy) return fmt::format("  accuracy {:.2f}%", 100 * *metrics.accuracy);
  if (!metrics.captions) return "";
  const CaptionReport& report = *metrics.captions;
  return fmt::format("  CIDEr {:.4f} (exchanged {:.4f})  BLEU-4 {:.4f}  {} of {} captions distinct",
                     report.scores.cider, report.cider_exchanged, report.scores.bleu[3], report.distinct,
                     report.images);
}

// Of a step: its loss, or the reward of the captions that the model drew.
std::string learned_text(double loss, double reward) {
  return std::isnan(reward) ? fmt::format("loss {:.4f}", loss) : fmt::format("reward {:.4f}", reward);
}

std::string train_text(const EpochMetrics& metrics) {
  const bool drawn = metrics.reward && !std::isnan(*metrics.reward);
  return fmt::format("{:.4f}{}", metrics.train_loss,
                     drawn ? fmt::format(" (reward {:.4f})", *metrics.reward) : "");
}

// Where the time of a few steps goes; the model is not kept.
void print_profile(Trainer& trainer, const std::string& folder) {
  constexpr std::int64_t steps = 5;
  const std::vector<Profile::Span> spans = trainer.profile(steps);
  fmt::print("\n{} steps, per step in milliseconds\n\n{}\n{}", steps, layer_table(spans),
             kernel_table(spans));
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/trace.json";
  write_file_atomically(path, trace_json(spans));
  fmt::print("\ntrace for https://ui.perfetto.dev: {}\n", path);
}

// What a run goes on from, in its folder.
struct Earlier {
  Earlier(const Config& config, const std::function<void(const std::string&)>& warn)
      : directory(RunDirectory::continued(config.train.out)),
        checkpoint(newest_checkpoint(config.train.out, [&](const std::string& damage) {
          warn(damage + ": going on from the checkpoint before");
        })) {
    SavedState saved = checkpoint.state();
    saved.part("progress", progress);
    require_same_run(checkpoint.identity(), progress, config);
  }

  RunDirectory directory;
  Checkpoint checkpoint;
  TrainingProgress progress;
};

// How far a run has come, as people count.
std::string position_text(const TrainingProgress& progress, std::int64_t step) {
  if (progress.sums.batches == 0) return fmt::format("after epoch {} (step {})", progress.epochs, step);
  return fmt::format("in epoch {}, after {} batches of it (step {})", progress.epochs + 1,
                     progress.sums.batches, step);
}

void print_end(const Config& config, Trainer& trainer, const EpochMetrics& last,
               const RunDirectory& directory, const Terminal& terminal) {
  const TrainingProgress& progress = trainer.progress();
  if (progress.best_epoch > 0)
    fmt::print("best {} {:.4f} in epoch {}: {}\n", config.train.best, progress.best_figure,
               progress.best_epoch, directory.model_path());
  if (last.val_loss_shuffled)
    fmt::print("image gap {:.4f} (loss with the images exchanged, minus loss, in the last epoch){}\n",
               image_gap(last), image_alarm(last, terminal));
}

// Returns the exit code.
int train(const Options& options) {
  const Stopwatch entered;
  Config config = load_config(options.config, options.overrides);
  if (!options.out.empty()) config.train.out = options.out;
  if (options.dump) {
    fmt::print("{}", dump_config(config));
    return 0;
  }
  const Device device = announce_device(options.device);
  Progress progress(options.quiet ? Progress::Detail::lines_only : Progress::Detail::all);
  const Terminal& terminal = progress.terminal();
  const auto warn = [&](const std::string& sentence) {
    progress.line(terminal.paint(Terminal::Colour::warning, "WARNING: " + sentence));
  };
  std::optional<Earlier> earlier;
  if (options.resume) {
    earlier.emplace(config, warn);
    if (const std::string& before = earlier->checkpoint.identity().device; before != to_string(device))
      warn(fmt::format("the run was on {} before: on {} rounding differs", before, to_string(device)));
  }
  if (auto pictures = training_pictures(config)) {
    pictures->quiet = options.quiet;
    prepare_missing(*pictures);
  }
  if (earlier) require_same_data(earlier->checkpoint.identity().data, data_identity(config));
  const std::unique_ptr<TrainingTask> task = open_task(config, device, earlier.has_value());
  Trainer trainer(config, *task);
  if (!options.quiet) {
    fmt::print("{}{}", task->data_text(), task->model_text());
    print_parameters(*task);
    if (!earlier) fmt::print("{}", task->start_text(trainer.context(false)));
  }
  if (options.profile) {
    print_profile(trainer, config.train.out);
    return 0;
  }
  RunDirectory directory =
      earlier ? std::move(earlier->directory) : RunDirectory(config.train.out, options.overwrite);
  directory.write_config(dump_config(config));
  if (config.train.report && !options.quiet)
    fmt::print("report, after each epoch: {}/report.html\n", directory.path());
  if (earlier) fmt::print("going on from {}\n", earlier->checkpoint.path());
  std::fflush(stdout);

  const StopSignals signals;
  const Stopwatch training;
  EpochMetrics last;
  double first_step = 0, training_seconds = 0;
  std::int64_t steps = 0;  // of this process
  const Trainer::End end = trainer.run(
      directory,
      {.step =
           [&](const Trainer::Step& s) {
             if (++steps == 1) first_step = entered.seconds();
             const double remaining =
                 static_cast<double>(s.steps_in_all - s.step) / static_cast<double>(steps);
             progress.show(s.step_in_epoch, s.steps_per_epoch,
                           fmt::format("epoch {}/{}  {}  {:.0f} {}/s  {} left", s.epoch,
                                       config.train.epochs + config.self_critical.epochs,
                                       learned_text(s.loss, s.reward), s.items_per_second, task->items(),
                                       readable_seconds(training.seconds() * remaining)));
           },
       .epoch =
           [&](const EpochMetrics& m, bool best) {
             progress.line(fmt::format(
                 "epoch {:>3}  train {}  {} {:.4f}{}{}  {:.0f} {}/s  {}{}{}", m.epoch, train_text(m),
                 config.data.validate_on == "val" ? "val" : "train, evaluated", m.val_loss, exchanged_text(m),
                 scores_text(m), m.items_per_second, m.items, readable_seconds(m.seconds),
                 best ? terminal.paint(Terminal::Colour::good, "  *") : "", image_alarm(m, terminal)));
             last = m;
             training_seconds += m.seconds;
           },
       .stop = [] { return StopSignals::received() != 0; },
       .warning = warn},
      earlier ? &earlier->checkpoint : nullptr);
  const TrainingProgress& now = trainer.progress();
  if (end == Trainer::End::stopped) {
    progress.line(fmt::format("stopped by {} {}; --resume goes on from here",
                              StopSignals::received() == SIGINT ? "SIGINT" : "SIGTERM",
                              position_text(now, trainer.steps())));
    return StopSignals::exit_code(StopSignals::received());
  }
  if (end == Trainer::End::patience)
    fmt::print("stopped after epoch {}: {} epochs without a better validation (train.patience)\n", now.epochs,
               config.train.patience);
  if (earlier && steps == 0 && last.epoch == 0)
    fmt::print("the run in {} was finished after epoch {}: there is nothing to go on with\n",
               directory.path(), now.epochs);
  print_end(config, trainer, last, directory, terminal);
  if (steps > 0)
    fmt::print(
        "first step done after {:.2f} s; training took {}, of which it waited {:.1f} s for data, and "
        "checkpoints {:.1f} s\n",
        first_step, readable_seconds(training_seconds), task->seconds_waited_for_data(),
        trainer.seconds_in_checkpoints());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Trains an image captioner from HDF5 features or from pictures, or a network of one's own. The keys of "
      "CONFIG are in docs/configuration.md.",
      "dlcore_train");
  Options options;
  app.add_option("config", options.config, "Configuration, a YAML file")->required();
  app.add_option("--set", options.overrides,
                 "KEY=VALUE: override a key of the configuration; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_device_option(app, options.device);
  add_plugin_option(app);
  app.add_option("--out", options.out, "Folder for the run's files, in place of train.out");
  auto* overwrite =
      app.add_flag("--overwrite", options.overwrite, "Replace a run that the folder holds already");
  auto* profile =
      app.add_flag("--profile", options.profile,
                   "Instead of training, print where the time of a few steps goes, and write OUT/trace.json");
  app.add_flag(
         "--resume", options.resume,
         "Go on with the run in the folder, from its last checkpoint, as if it had not been interrupted")
      ->excludes(overwrite)
      ->excludes(profile);
  app.add_flag("--quiet", options.quiet,
               "Print plain lines only, one for each epoch: no progress, nothing about data and model");
  app.add_flag("--dump-config", options.dump, "Print the effective configuration and stop");
  int code = 0;
  const int failure = run_tool(app, argc, argv, [&] { code = train(options); });
  return failure != 0 ? failure : code;
}
