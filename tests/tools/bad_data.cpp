#include "tests/tools/bad_data.h"

#include <algorithm>

#include "io/atomic_file.h"

namespace dlcore::test {

void BadData::write() const {
  write_odd_hdf5(folder.file("captions.h5"), {train_captions, train_idxs, val_captions, val_idxs});
  write_odd_hdf5(folder.file("train.h5"), {train_features});
  write_odd_hdf5(folder.file("val.h5"), {val_features});
  write_file_atomically(folder.file("vocab.json"), words);
  write_file_atomically(folder.file("config.yaml"), config);
}

ProgramResult BadData::train(const std::vector<std::string>& arguments) const {
  const auto given = [&](const std::string& option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  std::vector<std::string> all{folder.file("config.yaml"), "--set", "data.root=" + folder.path().string()};
  if (!given("--device")) all.insert(all.end(), {"--device", "cpu"});
  if (!given("--out")) all.insert(all.end(), {"--out", out()});
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_program("train", all);
}

}  // namespace dlcore::test
