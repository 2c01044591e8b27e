// MNIST's files, plain and gzip'd.
#include "io/idx_file.h"

#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_idx(const std::uint8_t* data, std::size_t size) {
  const InputFile file(text_of(data, size), "images-idx3-ubyte");
  accepted([&] {
    const IdxFile idx = read_idx(file.path());
    expect(static_cast<std::size_t>(idx.shape.numel()) == idx.values.size(),
           "another count than the shape's");
    touch_all(idx.values);
  });
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
