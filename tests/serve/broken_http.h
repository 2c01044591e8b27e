// Requests that are no HTTP, or HTTP that servers have fallen over.
#pragma once

#include <string>
#include <vector>

#include "core/random.h"

namespace dlcore::test {

struct BrokenRequest {
  std::string bytes;
  /// Statuses of the answer that are right; 0: the connection ends without one.
  std::vector<int> statuses;
};

/// picture: bytes of a file that could be captioned.
std::vector<BrokenRequest> broken_requests(const std::string& picture);

/// Bytes of any value, at times like HTTP in parts.
std::string garbage(Random& random);

}  // namespace dlcore::test
