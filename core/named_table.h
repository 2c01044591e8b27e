// Tables of things that are made by name, to which programs and plugins may add.
#pragma once

#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace dlcore {

/// Any thread may look up and add at any time; what is in the table stays, so that nothing that was made
/// loses its maker.
///
/// A table is a static variable within the function that gives access to it. It is then made, with dlcore's
/// own entries, by whoever comes first: also by a static initialiser of a program or plugin, in whichever
/// order these run.
template <class Maker>
class NamedTable {
 public:
  /// kind: what one entry is, for messages: "layer".
  NamedTable(std::string kind, std::map<std::string, Maker> entries)
      : kind_(std::move(kind)), makers_(std::move(entries)) {}
  NamedTable(const NamedTable&) = delete;
  NamedTable& operator=(const NamedTable&) = delete;

  /// Throws Error for a name that is taken or empty, and for an empty maker.
  void add(const std::string& name, Maker maker) {
    require(!name.empty(), "the name of a new {} is empty", kind_);
    require(static_cast<bool>(maker), "the {} '{}' needs a function that makes it", kind_, name);
    const std::unique_lock lock(mutex_);
    require(makers_.emplace(name, std::move(maker)).second, "the {} '{}' is there already", kind_, name);
  }

  /// A copy of the maker, so that it is called without the lock and may itself use the table. Throws Error
  /// that lists the names for one that is not there.
  Maker at(const std::string& name) const {
    const std::shared_lock lock(mutex_);
    const auto found = makers_.find(name);
    if (found != makers_.end()) return found->second;
    std::string known;
    for (const auto& entry : makers_) known += (known.empty() ? "" : ", ") + entry.first;
    fail("there is no {} '{}': the {}s are {}", kind_, name, kind_, known);
  }

  /// In the order of the alphabet.
  std::vector<std::string> names() const {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& entry : makers_) names.push_back(entry.first);
    return names;
  }

 private:
  const std::string kind_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Maker> makers_;
};

}  // namespace dlcore
