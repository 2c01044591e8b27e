// The table of fuzz targets: for the tests, and for people to see what there is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dlcore::fuzz {

struct Target {
  const char* name;  // also of its file, corpus and dictionary
  int (*run)(const std::uint8_t* data, std::size_t size);
};

/// All that this build has.
std::span<const Target> targets();

int fuzz_annotations(const std::uint8_t* data, std::size_t size);
int fuzz_checkpoint(const std::uint8_t* data, std::size_t size);
int fuzz_config(const std::uint8_t* data, std::size_t size);
int fuzz_hdf5(const std::uint8_t* data, std::size_t size);
int fuzz_hdf5_layout(const std::uint8_t* data, std::size_t size);
int fuzz_http(const std::uint8_t* data, std::size_t size);
int fuzz_http_options(const std::uint8_t* data, std::size_t size);
int fuzz_idx(const std::uint8_t* data, std::size_t size);
int fuzz_jpeg(const std::uint8_t* data, std::size_t size);
int fuzz_model(const std::uint8_t* data, std::size_t size);
int fuzz_network(const std::uint8_t* data, std::size_t size);
int fuzz_png(const std::uint8_t* data, std::size_t size);
int fuzz_results(const std::uint8_t* data, std::size_t size);
int fuzz_safetensors(const std::uint8_t* data, std::size_t size);
int fuzz_table(const std::uint8_t* data, std::size_t size);
int fuzz_torch(const std::uint8_t* data, std::size_t size);
int fuzz_vocabulary(const std::uint8_t* data, std::size_t size);

}  // namespace dlcore::fuzz
