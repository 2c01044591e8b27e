#include "models/run_directory.h"

#include <filesystem>

#include "core/error.h"
#include "io/atomic_file.h"

namespace dlcore {

RunDirectory::RunDirectory(const std::string& path, bool overwrite) : path_(path) {
  require(!path.empty(), "the output folder needs a name");
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  require(!failure, "the output folder {} cannot be made: {}", path, failure.message());
  const std::string files[] = {path + "/metrics.csv", model_path()};
  for (const auto& file : files)
    require(overwrite || !std::filesystem::exists(file),
            "the output folder {} holds a run already: choose another with --out, or allow its loss with "
            "--overwrite",
            path);
  for (const auto& file : files) {
    const AtomicFile can_be_written(file);
    std::filesystem::remove(file);
  }
}

void RunDirectory::write_config(const std::string& yaml) const {
  write_file_atomically(path_ + "/config.yaml", yaml);
}

void RunDirectory::append(const EpochMetrics& m) {
  if (csv_.empty()) {
    csv_ = "epoch,step,seconds,train_loss,val_loss,val_loss_shuffled,tokens_per_second,learning_rate";
    csv_ += m.captions ? ",bleu1,bleu2,bleu3,bleu4,rouge_l,cider,cider_exchanged,captions,distinct\n" : "\n";
  }
  csv_ += fmt::format("{},{},{:.3f},{:.6f},{:.6f},{:.6f},{:.1f},{:g}", m.epoch, m.step, m.seconds,
                      m.train_loss, m.val_loss, m.val_loss_shuffled, m.tokens_per_second, m.learning_rate);
  if (m.captions) {
    for (const double bleu : m.captions->scores.bleu) csv_ += fmt::format(",{:.6f}", bleu);
    csv_ += fmt::format(",{:.6f},{:.6f},{:.6f},{},{}", m.captions->scores.rouge_l, m.captions->scores.cider,
                        m.captions->cider_exchanged, m.captions->images, m.captions->distinct);
  }
  csv_ += '\n';
  write_file_atomically(path_ + "/metrics.csv", csv_);
}

}  // namespace dlcore
