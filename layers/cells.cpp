#include "layers/cells.h"

#include "core/named_table.h"

namespace dlcore {
namespace {

NamedTable<CellMaker>& table() {
  using StateDropout = RecurrentLayer::StateDropout;
  static NamedTable<CellMaker> makers(
      "cell", {{"lstm", [](std::int64_t D, std::int64_t H,
                           const StateDropout& dropout) { return std::make_unique<LSTM>(D, H, dropout); }},
               {"rnn", [](std::int64_t D, std::int64_t H, const StateDropout& dropout) {
                  return std::make_unique<RNN>(D, H, dropout);
                }}});
  return makers;
}

}  // namespace

std::unique_ptr<RecurrentLayer> make_cell(const std::string& name, std::int64_t D, std::int64_t H,
                                          const RecurrentLayer::StateDropout& dropout) {
  return table().at(name)(D, H, dropout);
}

std::vector<std::string> cell_names() {
  return table().names();
}

void register_cell(const std::string& name, CellMaker maker) {
  table().add(name, std::move(maker));
}

}  // namespace dlcore
