#include "models/same_run.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/error.h"

namespace dlcore {
namespace {

// What data.file is made from is not read where it is there.
constexpr std::array free_keys = std::to_array<std::string_view>({"data.root",
                                                                  "data.file",
                                                                  "data.annotations",
                                                                  "data.images",
                                                                  "data.val_annotations",
                                                                  "data.val_images",
                                                                  "data.photos",
                                                                  "data.image_size",
                                                                  "data.min_count",
                                                                  "data.max_words",
                                                                  "data.captions",
                                                                  "data.vocabulary",
                                                                  "data.train_features",
                                                                  "data.val_features",
                                                                  "data.train_urls",
                                                                  "data.val_urls",
                                                                  "data.cache_mib",
                                                                  "train.patience",
                                                                  "train.report",
                                                                  "train.tensorboard",
                                                                  "train.gallery_images",
                                                                  "train.gallery_beam",
                                                                  "train.checkpoint_every",
                                                                  "train.not_finite",
                                                                  "train.out"});

// Why a number of epochs may not change; empty where it may.
std::string fixed_epochs(const std::string& key, const TrainingProgress& progress, const Config& now) {
  if (now.schedule.name == "cosine") return "the cosine schedule goes over all epochs";
  if (key == "train.epochs" && now.scheduled_sampling.most > 0)
    return "scheduled sampling goes over all epochs";
  if (key == "train.epochs" && progress.part > 0) return "these epochs are over";
  return "";
}

}  // namespace

void require_same_run(const RunIdentity& then, const TrainingProgress& progress, const Config& now) {
  std::string different;
  for (const auto& [key, value] : config_values(now)) {
    const auto found = then.config.find(key.name);
    const std::string& before = found == then.config.end() ? key.initial : found->second;
    if (before == value || std::find(free_keys.begin(), free_keys.end(), key.name) != free_keys.end())
      continue;
    std::string reason;
    if (key.name == "train.epochs" || key.name == "self_critical.epochs") {
      reason = fixed_epochs(key.name, progress, now);
      // A run without self-critical epochs has no column for their reward.
      const bool begins_or_ends = key.name == "self_critical.epochs" && (before == "0" || value == "0");
      if (reason.empty() && !begins_or_ends) continue;
      if (!reason.empty()) reason = " (" + reason + ")";
    }
    different += fmt::format("{}{} was {} and is now {}{}", different.empty() ? "" : ", ", key.name, before,
                             value, reason);
  }
  require(different.empty(),
          "the run cannot go on with another configuration: {}; begin another run, for instance with "
          "model.weights from this one",
          different);
}

}  // namespace dlcore
