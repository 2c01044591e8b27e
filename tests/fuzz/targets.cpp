#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

std::span<const Target> targets() {
  static constexpr Target all[] = {
      {"annotations", fuzz_annotations},
      {"checkpoint", fuzz_checkpoint},
      {"config", fuzz_config},
      {"hdf5", fuzz_hdf5},
      {"hdf5_layout", fuzz_hdf5_layout},
      {"idx", fuzz_idx},
      {"jpeg", fuzz_jpeg},
      {"model", fuzz_model},
      {"network", fuzz_network},
      {"png", fuzz_png},
      {"results", fuzz_results},
      {"safetensors", fuzz_safetensors},
      {"table", fuzz_table},
      {"torch", fuzz_torch},
      {"vocabulary", fuzz_vocabulary},
#ifdef DLCORE_FUZZ_SERVE
      {"http", fuzz_http},
      {"http_options", fuzz_http_options},
#endif
  };
  return all;
}

}  // namespace dlcore::fuzz
