// Whether the files that a run learns from are still what they were.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/config.h"
#include "models/saved_state.h"

namespace dlcore {

struct DataFileIdentity {
  std::string key;   // of the configuration: "data.file"
  std::string path;  // as the run found it
  std::int64_t bytes = 0;
  std::string checksum;  // of the contents, hexadecimal

  void state(SavedState& saved);
};

/// Of all files that a configuration names and open_data() reads. A file of more than 256 MiB is known by
/// 4096 pieces of 64 KiB, evenly spread, besides its size.
std::vector<DataFileIdentity> data_identity(const Config& config);

/// Throws Error that names the first file which is not what it was. A file may have another path.
void require_same_data(const std::vector<DataFileIdentity>& then, const std::vector<DataFileIdentity>& now);

}  // namespace dlcore
