// What a server takes on at most.
#pragma once

#include <chrono>
#include <cstdint>

namespace dlcore {

struct ServeLimits {
  std::int64_t max_body = 16 << 20;           // bytes of a request
  std::int64_t max_bodies = 256 << 20;        // bytes of all requests that are here
  std::int64_t max_pixels = 50'000'000;       // of a picture, before it is made smaller
  std::int64_t queue = 64;                    // requests that wait to be captioned
  std::int64_t batch = 32;                    // pictures captioned together
  std::chrono::milliseconds timeout{30'000};  // for a request to arrive, and again for its answer
  // What one request may cost in decoding.
  std::int64_t max_captions = 32;  // hypotheses of beam search, or captions that are drawn
  std::int64_t max_words = 100;    // of a caption
  // Training images to compare with; 0: the server has none (--training-config).
  std::int64_t max_neighbors = 0;
};

}  // namespace dlcore
