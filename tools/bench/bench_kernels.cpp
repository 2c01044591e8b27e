// The kernels one by one, at the sizes that they have in a training step of the report's LSTM captioner (250
// captions, about 2,875 words) and of RegNet-X 400MF's third stage (32 pictures of 112 x 112); with --batch
// at so many times these.
#include <vector>

#include "core/random.h"
#include "tools/bench/bench_work.h"
#include "tools/bench/kernel_bench.h"

namespace dlcore {
namespace {

constexpr std::int64_t usual_batch = 250;

KernelList kernels_of(const KernelExtents& extents) {
  KernelList list;
  add_products(list, extents);
  add_caption_kernels(list, extents);
  add_element_kernels(list, extents);
  add_picture_kernels(list, extents);
  add_network_kernels(list, extents);
  return list;
}

}  // namespace

Tensor Draw::normal(const Shape& shape, std::uint64_t seed) const {
  return random_tensor(stream, shape, type, seed);
}

Tensor Draw::exact(const Shape& shape, std::uint64_t seed) const {
  return Draw{arithmetic_of(type), stream}.normal(shape, seed);
}

Tensor Draw::ids(std::int64_t n, std::int64_t limit) const {
  Random random(1);
  std::vector<std::int32_t> list(static_cast<std::size_t>(n));
  for (auto& id : list) id = static_cast<std::int32_t>(random.below(limit));
  return Tensor::from(list, {n}, stream.device());
}

std::vector<BenchMaker> kernel_work() {
  const KernelList named = kernels_of(KernelExtents(usual_batch));
  std::vector<BenchMaker> makers;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const std::string name = "kernel_" + named[i].first;
    makers.push_back({name, [=](const BenchSizes& sizes, DType type, const Stream& stream) {
                        const KernelExtents extents(sizes.batch > 0 ? sizes.batch : usual_batch);
                        return BenchWork{name, 0, kernels_of(extents)[i].second({type, stream}, stream)};
                      }});
  }
  return makers;
}

}  // namespace dlcore
