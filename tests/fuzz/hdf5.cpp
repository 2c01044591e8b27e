// HDF5 files as bytes.
#include "tests/fuzz/hdf5_reading.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_hdf5(const std::uint8_t* data, std::size_t size) {
  const InputFile file(text_of(data, size), "data.h5");
  read_hdf5(file.path());
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
