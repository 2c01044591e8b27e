// Weights in a safetensors file.
#include "io/safetensors.h"

#include <filesystem>

#include "io/atomic_file.h"
#include "io/weights_file.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {
namespace {

// All tensors as bytes; what can be computed with, also as tensors.
void read_tensors(const std::string& path) {
  const auto weights = open_weights(path);
  for (std::size_t i = 0; i < weights->tensors().size(); ++i) touch_all(weights->read(i));
  const SafetensorsReader reader(path);
  accepted([&] { reader.check_bytes(); });
  std::vector<NamedTensor> tensors;
  for (const std::string& name : reader.names())
    accepted([&] {
      const Tensor tensor = reader.read(name);
      touch({static_cast<const std::byte*>(tensor.raw()), tensor.bytes()});
      tensors.push_back({name, tensor});
    });
  const std::string copy = InputFile::beside("copy.safetensors");
  accepted([&] {
    write_safetensors(copy, tensors, reader.metadata());
    const SafetensorsReader back(copy);
    expect(back.metadata() == reader.metadata(), "other metadata comes back");
    for (const auto& [name, tensor] : tensors)
      expect(back.shape(name) == tensor.shape(), "another shape comes back for " + name);
  });
  std::filesystem::remove(copy);
}

}  // namespace

int fuzz_safetensors(const std::uint8_t* data, std::size_t size) {
  const InputFile file(text_of(data, size), "weights.safetensors");
  accepted([&] { SafetensorsReader reader(file.path()); });
  accepted([&] { read_tensors(file.path()); });
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
