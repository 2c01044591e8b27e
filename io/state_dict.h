// Finding the weights among what a checkpoint holds. Internal to io.
#pragma once

#include <string>
#include <vector>

#include "io/torch_container.h"

namespace dlcore {

struct StateDictEntry {
  std::string name;
  const TorchTensor* tensor = nullptr;  // owned by the container
};

/// A state dict is a dict of names to tensors and nothing else. It is the saved object itself or an entry of
/// it, or of its entries: {"model": {...}, "epoch": 3} has one that is called "model", {"a": {"b": {...}}}
/// one called "a.b". With a key it is the one of that name, else the outermost; Error that lists them where
/// there are several, and that says what there is where there is none. Error for a name that is there twice.
std::vector<StateDictEntry> find_state_dict(const TorchContainer& file, const std::string& key);

}  // namespace dlcore
