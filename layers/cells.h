// The table of recurrent cells: what a captioner reads words with, by name.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "layers/recurrent.h"

namespace dlcore {

/// Makes a cell for inputs of size D and hidden states of size H.
using CellMaker = std::function<std::unique_ptr<RecurrentLayer>(std::int64_t D, std::int64_t H,
                                                                const RecurrentLayer::StateDropout& dropout)>;

/// Throws Error for an unknown name (listing the known ones), and what the cell throws for its sizes.
std::unique_ptr<RecurrentLayer> make_cell(const std::string& name, std::int64_t D, std::int64_t H,
                                          const RecurrentLayer::StateDropout& dropout = {});

/// dlcore's own are lstm and rnn.
std::vector<std::string> cell_names();

/// Adds a cell, for configurations and model files that name it. Throws Error for a name that is taken. At
/// any time, from any thread (core/named_table.h).
void register_cell(const std::string& name, CellMaker maker);

}  // namespace dlcore
