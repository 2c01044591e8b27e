// Captions in COCO's or Karpathy's JSON.
#include "tests/fuzz/captions.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_annotations(const std::uint8_t* data, std::size_t size) {
  const InputFile file(text_of(data, size), "captions.json");
  accepted([&] { use_annotations(file.path()); });
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
