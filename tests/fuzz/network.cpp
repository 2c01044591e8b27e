// A network's file, as dlcore_predict loads it.
#include "models/graph_file.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {
namespace {

// One example through all layers. Its size is the file's say: what has more numbers than the weights is left.
void run(GraphModel& model) {
  std::vector<std::int64_t> sizes{1};
  for (const std::int64_t size : model.shapes().input.sizes()) sizes.push_back(size);
  const Shape shape{std::span<const std::int64_t>(sizes)};
  if (shape.numel() > 1 << 12) return;
  const Context context{.stream = Stream(Device::cpu())};
  touch_all(model.forward(context, Tensor::zeros(shape, model.dtype())).to_vector<double>());
}

}  // namespace

int fuzz_network(const std::uint8_t* data, std::size_t size) {
  const InputFile file(text_of(data, size), "model.safetensors");
  accepted([&] {
    const StoredGraphModel stored = load_graph_model(file.path(), Device::cpu());
    run(*stored.model);
  });
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
