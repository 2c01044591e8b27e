// A run that goes on from a checkpoint which is not what the run before it wrote.
#include <filesystem>

#include "io/atomic_file.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"
#include "tests/fuzz/tiny_run.h"

namespace dlcore::fuzz {

namespace fs = std::filesystem;

int fuzz_checkpoint(const std::uint8_t* data, std::size_t size) {
  static const ScratchFolder folder;
  static TinyRun* const run =
      new TinyRun(folder.path());  // its threads would have to end before the folder does
  fs::remove_all(run->folder());
  fs::create_directories(run->folder());
  write_file_atomically(run->checkpoint_path(), text_of(data, size));
  accepted([&] { run->go_on(); });
  fs::remove_all(run->folder());
  for (const auto& entry : fs::directory_iterator(folder.path()))
    expect(entry.path() == run->data_path(), "written outside of the run's folder: " + entry.path().string());
  return 0;
}

}  // namespace dlcore::fuzz
