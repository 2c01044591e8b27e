// Python's pickle format, read by a machine that can build plain values and nothing else: it imports nothing
// and calls nothing. Internal to io. https://github.com/python/cpython/blob/main/Lib/pickletools.py describes
// the opcodes; those that protocols 2 to 5 write for None, bool, int, float, str, tuple, list and dict are
// read, and of the library collections.OrderedDict and collections.Counter. Whatever else a pickle wants is
// an Error that names it.
#pragma once

#include <istream>
#include <span>
#include <string>

#include "io/pickle_values.h"

namespace dlcore {

/// What a pickle may build besides plain values.
class PickleFactory {
 public:
  virtual ~PickleFactory() = default;
  /// Why a pickle may not name "module.name", as the end of a message: "the pickle wants ..."; "" where it
  /// may.
  virtual std::string refusal(const std::string& global) const = 0;
  /// What `global`, which was not refused, makes of its arguments.
  virtual PickleValue call(const std::string& global, std::span<const PickleRef> arguments,
                           const PickleValues& values) = 0;
  /// What a persistent id stands for: a storage in PyTorch's files.
  virtual PickleValue load(PickleRef id, const PickleValues& values) = 0;
};

/// Reads one pickle of at most `limit` bytes, and not a byte beyond its end.
PickleRef read_pickle(std::istream& input, std::uint64_t limit, PickleValues& values, PickleFactory& factory);

}  // namespace dlcore
