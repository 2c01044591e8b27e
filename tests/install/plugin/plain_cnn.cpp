#include "plain_cnn.h"

#include "core/error.h"
#include "layers/registry.h"

namespace example {

std::vector<dlcore::TrunkStage> plain_cnn(dlcore::Graph& graph, const std::string& input,
                                          const std::string& level) {
  const auto add = [&](const std::string& name, const std::string& from, std::int64_t in, std::int64_t out) {
    graph.add(name,
              dlcore::make_layer(
                  "ConvNorm",
                  {{"in", in}, {"out", out}, {"kernel", 3}, {"stride", 2}, {"padding", 1}, {"relu", 1}}),
              {from});
  };
  add("stem", input, 3, 8);
  std::vector<dlcore::TrunkStage> stages;
  std::string from = "stem";
  for (const std::string name : {"c2", "c3", "c4", "c5"}) {
    const std::int64_t in = std::int64_t{8} << stages.size();
    add(name, from, in, 2 * in);
    stages.push_back({.output = name, .channels = 2 * in, .stride = std::int64_t{4} << stages.size()});
    if (name == level) return stages;
    from = name;
  }
  dlcore::fail("plain_cnn: the level must be c2, c3, c4 or c5, not '{}'", level);
}

}  // namespace example
