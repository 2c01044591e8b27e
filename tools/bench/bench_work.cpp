#include "tools/bench/bench_work.h"

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "core/targets.h"

namespace dlcore {

std::vector<BenchMaker> find_bench_work(const std::vector<std::string>& names) {
  std::vector<BenchMaker> all = captioning_work();
  for (BenchMaker& one : picture_work()) all.push_back(std::move(one));
  if (names.empty()) return all;
  for (BenchMaker& one : kernel_work()) all.push_back(std::move(one));
  for (BenchMaker& one : recurrent_work()) all.push_back(std::move(one));
#ifdef DLCORE_CUDA
  for (BenchMaker& one : cudnn_work()) all.push_back(std::move(one));
#endif
  std::string known;
  for (const auto& one : all) known += (known.empty() ? "" : ", ") + one.name;
  std::vector<BenchMaker> found;
  for (const auto& name : names) {
    const std::size_t before = found.size();
    for (const auto& one : all)
      if (one.name == name || one.name.starts_with(name + "_")) found.push_back(one);
    require(found.size() > before, "there is no work '{}': choose from {}", name, known);
  }
  return found;
}

Tensor random_tensor(const Stream& stream, const Shape& shape, DType type, std::uint64_t seed) {
  constexpr std::int64_t most = 1 << 20;
  const Tensor tensor(shape, type, stream.device());
  const std::int64_t drawn = std::min(tensor.numel(), most);
  const Tensor first = tensor.slice(0, {drawn});
  Random(seed).fill_normal(first, 1);
  for (std::int64_t at = drawn; at < tensor.numel(); at += drawn) {
    const Shape part{std::min(drawn, tensor.numel() - at)};
    copy(stream, first.slice(0, part), tensor.slice(at, part));
  }
  return tensor;
}

}  // namespace dlcore
