// What a training run tells people while it goes on: report.html, one page that needs nothing else, and an
// event file for TensorBoard.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "io/event_file.h"
#include "io/html/gallery.h"
#include "models/config.h"
#include "models/epoch_metrics.h"
#include "models/step_history.h"

namespace dlcore {

class RunReport {
 public:
  using Facts = std::vector<std::pair<std::string, std::string>>;  // name and value

  /// `folder` is the run's; `facts`: of model and data, name and value. Nothing is written yet.
  RunReport(const std::string& folder, const Config& config, Facts facts);

  void step(const TrainingStep& step);
  /// After each validation: writes the page anew, and appends to the event file.
  void validated(const EpochMetrics& metrics, bool best, const Gallery& gallery);
  /// What a continued run's page and event file have besides what comes then. Restored, the event file ends
  /// where it ended.
  void state(SavedState& saved);
  /// The epochs that were validated.
  const std::vector<EpochMetrics>& epochs() const { return epochs_; }

 private:
  std::string page(const Gallery& gallery) const;
  void append_events(const EpochMetrics& metrics, const Gallery& gallery);

  std::string folder_;
  Config config_;
  Facts facts_;
  EventFile events_;
  StepHistory steps_;
  std::vector<EpochMetrics> epochs_;
  std::int64_t best_epoch_ = 0;
};

/// One sentence on whether a captioner looks at the image.
std::string image_sentence(const EpochMetrics& metrics);

}  // namespace dlcore
