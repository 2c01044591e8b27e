#include "io/state_dict.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "io/json_text.h"

namespace dlcore {
namespace {

// A hostile file can have millions of dicts, so what is kept of each is small: names are put together when
// asked for.
struct Place {
  std::size_t parent = 0;  // in Search::places_
  PickleRef key = 0;       // in the parent
  PickleRef dict = 0;
  int depth = 0;  // 0: the saved object itself
};

// "a, b, and 3 more": the texts of the first few of `count` things.
template <class F>
std::string shortened(std::size_t count, F text) {
  constexpr std::size_t most = 20;
  std::string result;
  for (std::size_t i = 0; i < std::min(count, most); ++i) result += (i > 0 ? ", " : "") + text(i);
  return count > most ? fmt::format("{} and {} more", result, count - most) : result;
}

class Search {
 public:
  explicit Search(const TorchContainer& file) : file_(file), values_(file.values) {
    std::vector<bool> seen(values_.size(),
                           false);  // an object may be there under several names, or contain itself
    seen[file.root] = true;
    places_.push_back({0, 0, file.root, 0});  // breadth first: the outermost come first
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto* dict = values_.get<PickleDict>(places_[i].dict);
      if (!dict) continue;
      if (is_state_dict(*dict)) {
        found_.push_back(i);
        continue;
      }
      for (const auto& [key, value] : dict->items) {
        const auto* name = values_.get<std::string>(key);
        constexpr std::size_t longest = 200;
        constexpr int deepest = 4;
        if (!name || name->size() > longest || places_[i].depth == deepest || seen[value]) continue;
        if (!values_.get<PickleDict>(value)) continue;
        seen[value] = true;
        places_.push_back({i, key, value, places_[i].depth + 1});
      }
    }
  }

  const PickleDict& choose(const std::string& key) const {
    const std::string& path = values_.where();
    if (found_.empty())
      fail("{} has no state dict, which is a dict of names to tensors; it holds {}", path, what_there_is());
    const Place& first = places_[found_[0]];
    if (key.empty()) {
      if (found_.size() > 1 && places_[found_[1]].depth == first.depth)
        fail("{} has several state dicts, choose one with --key: {}", path, list());
      return dict(found_[0]);
    }
    require(first.depth > 0, "{} is a state dict itself, it has none called \"{}\"", path, key);
    for (const std::size_t i : found_)
      if (name(i) == key) return dict(i);
    fail("{} has no state dict \"{}\"; it has: {}", path, key, list());
  }

 private:
  bool is_state_dict(const PickleDict& dict) const {
    return !dict.items.empty() && std::all_of(dict.items.begin(), dict.items.end(), [&](const auto& item) {
      return values_.get<std::string>(item.first) && file_.objects.tensor(values_, item.second);
    });
  }
  const PickleDict& dict(std::size_t i) const { return *values_.get<PickleDict>(places_[i].dict); }
  std::string name(std::size_t i) const {
    const Place& place = places_[i];
    if (place.depth == 0) return "";
    const std::string& last = *values_.get<std::string>(place.key);
    return place.depth == 1 ? last : name(place.parent) + "." + last;  // no deeper than the search
  }
  std::string list() const {
    return shortened(found_.size(), [&](std::size_t i) {
      return fmt::format("{} ({} tensors)", quoted_piece(name(found_[i])), dict(found_[i]).items.size());
    });
  }
  std::string what_there_is() const {
    const auto* root = values_.get<PickleDict>(file_.root);
    if (!root) return file_.objects.tensor(values_, file_.root) ? "a tensor" : values_.kind(file_.root);
    if (root->items.empty()) return "an empty dict";
    return "a dict of " + shortened(root->items.size(), [&](std::size_t i) {
             const auto& [key, value] = root->items[i];
             const auto* text = values_.get<std::string>(key);
             return fmt::format("{} ({})", text ? quoted_piece(*text) : values_.kind(key),
                                values_.kind(value));
           });
  }

  const TorchContainer& file_;
  const PickleValues& values_;
  std::vector<Place> places_;
  std::vector<std::size_t> found_;  // of places_
};

}  // namespace

std::vector<StateDictEntry> find_state_dict(const TorchContainer& file, const std::string& key) {
  const std::string& path = file.values.where();
  const PickleDict& dict = Search(file).choose(key);  // owned by the file
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
