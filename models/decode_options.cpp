#include "models/decode_options.h"

#include <cmath>

#include "core/error.h"

namespace dlcore {

bool DecodeOptions::greedy() const {
  return !sample && beam == 1 && length_penalty == 0 && min_length == 0 && no_repeat_ngram == 0 &&
         suppressed.empty();
}

void DecodeOptions::check(std::int64_t V) const {
  constexpr std::int64_t most = 1 << 20;  // of steps, hypotheses and captions: more are a mistake
  require(max_length >= 1 && max_length <= most, "decoding: max_length must be in 1 .. {}, not {}", most,
          max_length);
  require(min_length >= 0 && min_length <= max_length,
          "decoding: min_length must be in 0 .. max_length={}, not {}", max_length, min_length);
  require(n_best >= 1 && n_best <= most, "decoding: n_best must be in 1 .. {}, not {}", most, n_best);
  require(no_repeat_ngram >= 0, "decoding: no_repeat_ngram must be 0 or more, not {}", no_repeat_ngram);
  for (const auto word : suppressed)
    require(0 <= word && word < V, "decoding: suppressed words must be in 0 .. {}, not {}", V - 1, word);
  require(beam >= 1 && beam <= most, "decoding: beam must be in 1 .. {}, not {}", most, beam);
  require(groups >= 1, "decoding: groups must be at least 1, not {}", groups);
  require(std::isfinite(length_penalty) && length_penalty >= 0,
          "decoding: length_penalty must be 0 or more, not {}", length_penalty);
  require(std::isfinite(diversity) && diversity >= 0, "decoding: diversity must be 0 or more, not {}",
          diversity);
  require(std::isfinite(temperature) && temperature > 0, "decoding: temperature must be above 0, not {}",
          temperature);
  require(top_k >= 0, "decoding: top_k must be 0 or more, not {}", top_k);
  require(top_p > 0 && top_p <= 1, "decoding: top_p must be above 0 and at most 1, not {}", top_p);
  if (sample) {
    require(beam == 1 && groups == 1 && diversity == 0 && length_penalty == 0,
            "decoding: beam, groups, diversity and length_penalty are of beam search, not of sampling");
    return;
  }
  require(temperature == 1 && top_k == 0 && top_p == 1,
          "decoding: temperature, top_k and top_p are of sampling, which was not asked for");
  require(n_best <= beam, "decoding: n_best ({}) must not be more than beam ({})", n_best, beam);
  require(beam % groups == 0, "decoding: beam ({}) must be a multiple of groups ({})", beam, groups);
  require(diversity == 0 || groups > 1, "decoding: diversity is between groups, of which there is 1");
}

}  // namespace dlcore
