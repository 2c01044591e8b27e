#include "models/encoder_trunk.h"

#include "core/named_table.h"
#include "models/regnet.h"

namespace dlcore {
namespace {

std::vector<TrunkStage> regnet_trunk(const RegNetParameters& parameters, Graph& graph,
                                     const std::string& input, const std::string& level) {
  const std::vector<RegNetStage> stages = regnet_stages(parameters);
  std::vector<TrunkStage> trunk;
  for (const std::string& output : add_regnet(graph, parameters, "", input, level))
    trunk.push_back({output, stages[trunk.size()].width, std::int64_t{4} << trunk.size()});
  return trunk;
}

std::map<std::string, Trunk> regnet_trunks() {
  std::map<std::string, Trunk> trunks;
  for (const std::string& name : regnet_names())
    trunks[name] = [parameters = regnet_parameters(name)](Graph& graph, const std::string& input,
                                                          const std::string& level) {
      return regnet_trunk(parameters, graph, input, level);
    };
  return trunks;
}

NamedTable<Trunk>& table() {
  static NamedTable<Trunk> trunks("encoder", regnet_trunks());
  return trunks;
}

}  // namespace

Trunk encoder_trunk(const std::string& name) {
  return table().at(name);
}

std::vector<std::string> encoder_names() {
  return table().names();
}

void register_encoder(const std::string& name, Trunk trunk) {
  table().add(name, std::move(trunk));
}

}  // namespace dlcore
