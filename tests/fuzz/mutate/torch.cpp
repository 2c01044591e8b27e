// PyTorch's files: of zip archives one entry is changed, and the archive is put together again.
#include "tests/fuzz/mutate/mutator.h"
#include "tests/fuzz/mutate/zip_parts.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  using namespace dlcore::fuzz;
  std::minstd_rand random(seed);
  ZipParts parts = zip_parts(std::string(reinterpret_cast<const char*>(data), size));
  if (parts.empty() || random() % 16 == 0) return LLVMFuzzerMutate(data, size, most);
  std::size_t chosen = random() % parts.size();
  for (std::size_t i = 0; i < parts.size(); ++i)  // the pickle mostly: it says what all others mean
    if (parts[i].first.ends_with("data.pkl") && random() % 4 != 0) chosen = i;
  const std::size_t room = most > size ? most - size : 0;
  if (random() % 32 == 0)
    parts[chosen].first = mutated(parts[chosen].first, std::min<std::size_t>(room, 64));
  else
    parts[chosen].second = mutated(parts[chosen].second, room);
  return replace(data, size, most, zip_of(parts));
}
