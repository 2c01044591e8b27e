// Weights in PyTorch's files.
#include "io/weights_file.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_torch(const std::uint8_t* data, std::size_t size) {
  const InputFile file(text_of(data, size), "weights.pth");
  for (const char* const key : {"", "model"})
    accepted([&] {
      const auto weights = open_weights(file.path(), key);
      for (std::size_t i = 0; i < weights->tensors().size(); ++i) {
        const StoredTensor& tensor = weights->tensors()[i];
        const auto bytes = weights->read(i);
        expect(bytes.size() == tensor.bytes(), "as many bytes as the shape says");
        touch_all(bytes);
      }
    });
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
