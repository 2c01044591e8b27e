#include "io/state_dict.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "io/json_text.h"

namespace dlcore {
namespace {

struct Found {
  std::string name;  // "" for the saved object itself
  PickleRef dict = 0;
  int depth = 0;
};

class Search {
 public:
  explicit Search(const TorchContainer& file) : file_(file), values_(file.values) {
    std::vector<Found> queue{{"", file.root, 0}};  // breadth first: the outermost come first
    std::set<PickleRef> seen{file.root};  // an object may be there under several names, or contain itself
    for (std::size_t i = 0; i < queue.size(); ++i) {
      const Found here = queue[i];
      const auto* dict = values_.get<PickleDict>(here.dict);
      if (!dict) continue;
      if (is_state_dict(*dict)) {
        found.push_back(here);
        continue;
      }
      for (const auto& [key, value] : dict->items) {
        const auto* name = values_.get<std::string>(key);
        constexpr std::size_t longest = 200;
        constexpr int deepest = 4;
        if (!name || name->size() > longest || here.depth == deepest || !seen.insert(value).second) continue;
        queue.push_back({here.name.empty() ? *name : here.name + "." + *name, value, here.depth + 1});
      }
    }
  }

  std::string list() const {
    std::vector<std::string> texts;
    for (const Found& each : found)
      texts.push_back(fmt::format("{} ({} tensors)", quoted_piece(each.name),
                                  values_.get<PickleDict>(each.dict)->items.size()));
    return shortened(texts);
  }

  std::string what_there_is() const {
    const auto* dict = values_.get<PickleDict>(file_.root);
    if (!dict) return file_.objects.tensor(values_, file_.root) ? "a tensor" : values_.kind(file_.root);
    if (dict->items.empty()) return "an empty dict";
    std::vector<std::string> texts;
    for (const auto& [key, value] : dict->items) {
      const auto* name = values_.get<std::string>(key);
      texts.push_back(
          fmt::format("{} ({})", name ? quoted_piece(*name) : values_.kind(key), values_.kind(value)));
    }
    return "a dict of " + shortened(texts);
  }

  std::vector<Found> found;

 private:
  bool is_state_dict(const PickleDict& dict) const {
    return !dict.items.empty() && std::all_of(dict.items.begin(), dict.items.end(), [&](const auto& item) {
      return values_.get<std::string>(item.first) && file_.objects.tensor(values_, item.second);
    });
  }
  static std::string shortened(std::vector<std::string> texts) {
    constexpr std::size_t most = 20;
    const std::size_t more = texts.size() > most ? texts.size() - most : 0;
    texts.resize(texts.size() - more);
    if (more > 0) texts.push_back(fmt::format("and {} more", more));
    return fmt::format("{}", fmt::join(texts, ", "));
  }

  const TorchContainer& file_;
  const PickleValues& values_;
};

const Found& choose(const Search& search, const std::string& path, const std::string& key) {
  const std::vector<Found>& found = search.found;
  require(!found.empty(), "{} has no state dict, which is a dict of names to tensors; it holds {}", path,
          found.empty() ? search.what_there_is() : "");
  if (!key.empty()) {
    require(!found[0].name.empty(), "{} is a state dict itself, it has none called \"{}\"", path, key);
    const auto named =
        std::find_if(found.begin(), found.end(), [&](const Found& each) { return each.name == key; });
    if (named == found.end()) fail("{} has no state dict \"{}\"; it has: {}", path, key, search.list());
    return *named;
  }
  if (found.size() > 1 && found[1].depth == found[0].depth)
    fail("{} has several state dicts, choose one with --key: {}", path, search.list());
  return found[0];
}

}  // namespace

std::vector<StateDictEntry> find_state_dict(const TorchContainer& file, const std::string& key) {
  const std::string& path = file.values.where();
  const Search search(file);
  const auto& dict = *file.values.get<PickleDict>(choose(search, path, key).dict);
  std::vector<StateDictEntry> entries;
  std::set<std::string> names;
  for (const auto& [name_ref, tensor] : dict.items) {
    const std::string& name = *file.values.get<std::string>(name_ref);
    require(names.insert(name).second, "{} has the tensor \"{}\" twice", path, quoted_piece(name));
    entries.push_back({name, file.objects.tensor(file.values, tensor)});
  }
  return entries;
}

}  // namespace dlcore
