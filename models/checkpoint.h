// The files from which an interrupted training goes on: checkpoint_STEP.safetensors in the run's folder, each
// with all that the run must remember (models/saved_state.h).
//
// A file is written under a temporary name, synced and renamed, and has a checksum of its bytes: it is there
// whole or not at all, and one that has been damaged since is known. The last two are kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/data_identity.h"
#include "models/saved_state.h"

namespace dlcore {

/// What a run was begun with, which must be the same where it goes on.
struct RunIdentity {
  std::map<std::string, std::string> config;  // every key with its value, as YAML
  std::vector<DataFileIdentity> data;
  std::string device;

  void state(SavedState& saved);
};

class Checkpoint {
 public:
  /// Reads the file's header and checks all its bytes. Throws Error where it is damaged or no checkpoint.
  explicit Checkpoint(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const RunIdentity& identity() const { return identity_; }
  /// For restoring; this object must outlive it.
  SavedState state() const { return SavedState(file_.metadata("state"), file_); }

 private:
  SafetensorsReader file_;
  RunIdentity identity_;
};

/// Writes `folder`/checkpoint_STEP.safetensors, and then removes all but the last two.
void write_checkpoint(const std::string& folder, std::int64_t step, RunIdentity identity,
                      const SavedState& state);

/// Files of checkpoints, the newest first.
std::vector<std::string> checkpoint_files(const std::string& folder);
/// Whether a file's name is that of a checkpoint.
bool is_checkpoint(const std::string& name);

/// The newest checkpoint that is whole. `complain` hears a sentence for each newer one that is damaged.
/// Throws Error where there is none.
Checkpoint newest_checkpoint(const std::string& folder,
                             const std::function<void(const std::string&)>& complain);

}  // namespace dlcore
