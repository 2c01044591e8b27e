// What was made for a key, kept for the keys that were used last.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace dlcore::kernels {

template <class Key, class Value, class Hash>
class RecentlyUsed {
 public:
  explicit RecentlyUsed(std::size_t most) : most_(most) {}

  /// The key's value, made by make(key) where it is not there; that of the key which was not used for longest
  /// makes room for it. It is there until another key is asked for.
  template <class Make>
  Value& get(const Key& key, const Make& make) {
    if (const auto found = places_.find(key); found != places_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return entries_.front().second;
    }
    if (entries_.size() >= most_) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, make(key));
    places_.emplace(key, entries_.begin());
    return entries_.front().second;
  }

  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;

  std::size_t most_;
  Entries entries_;  // the one that was used last first
  std::unordered_map<Key, typename Entries::iterator, Hash> places_;
};

}  // namespace dlcore::kernels
