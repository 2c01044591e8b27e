// Captions as a table: CSV, or separated by tabs.
#include "tests/fuzz/captions.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_table(const std::uint8_t* data, std::size_t size) {
  const InputFile file(text_of(data, size), "captions.csv");
  accepted([&] { use_annotations(file.path()); });
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
