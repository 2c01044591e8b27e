// Training of a network that a configuration describes, from inputs with targets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/example_data.h"
#include "models/config.h"
#include "models/example_loader.h"
#include "models/graph_model.h"
#include "models/training_task.h"

namespace dlcore {

/// Opens data.file. Throws Error where it is not named, and for keys that are of captioners only but have
/// another value than their default, so that none is silently without effect.
ExampleData open_examples(const Config& config);

ExampleShapes shapes_of(const ExampleData& data);

class GraphTask : public TrainingTask {
 public:
  /// `data` must outlive the task.
  GraphTask(const Config& config, const ExampleData& data, Device device);

  GraphModel& model() { return model_; }

  const Stream& stream() const override { return stream_; }
  std::vector<Module> modules() override;
  std::vector<TrainingPart*> parts() override { return {&part_}; }
  std::string items() const override { return "examples"; }
  std::optional<Validation> validate(const Context& evaluation, const std::function<bool()>& stop) override;
  void save(const std::string& path) override;
  Facts facts() override;
  std::string data_text() const override;
  std::string model_text() override;
  std::string start_text(const Context& evaluation) override;
  double seconds_waited_for_data() const override { return train_.seconds_waited(); }

 private:
  class Part : public TrainingPart {
   public:
    explicit Part(GraphTask& task) : task_(task) {}

    std::int64_t epochs() const override { return task_.config_.train.epochs; }
    std::int64_t accumulate() const override { return task_.config_.train.accumulate; }
    std::int64_t batches() const override { return task_.train_.batches(); }
    std::int64_t examples() const override { return task_.train_.examples(); }
    std::int64_t batch_size() const override { return task_.train_.batch_size(); }
    void reserve(const Context& training) override;
    void start(std::int64_t epoch, std::int64_t done) override { task_.train_.start(epoch, done); }
    std::optional<Learned> learn(Context training, const How& how) override;

   private:
    GraphTask& task_;
  };

  Config config_;
  const ExampleData& data_;
  Stream stream_;
  ExampleLoader train_, val_;
  GraphModel model_;
  Part part_;
};

/// The loss, and where targets are classes the accuracy, of all examples that the loader gives. Nothing where
/// `stop`, which may be empty, came to say so. `each`, where there is one, gets every batch with its scores.
struct ExampleScores {
  double loss = 0;
  std::optional<double> accuracy = {};
};
std::optional<ExampleScores> score_examples(
    GraphModel& model, ExampleLoader& loader, const Context& evaluation,
    const std::function<bool()>& stop = {},
    const std::function<void(const ExampleBatch&, const Tensor& scores)>& each = {});

}  // namespace dlcore
