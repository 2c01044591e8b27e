// From scores x: (rows, cols) over a vocabulary to the words that come next: the best few, or one that is
// drawn. Only these leave the device.
//
// log p[r,c] = x[r,c] - log(sum over c of exp(x[r,c])), over all words, the banned ones too. The banned words
// of row r are banned[banned_begin[r]] to banned[banned_begin[r + 1] - 1], each in 0..cols-1; their scores
// are overwritten by minus infinity. Words with that score are never chosen. Where a score is NaN or plus
// infinity, or none is finite, the row has no probabilities: its words are -1, with NaN.
//
// banned_begin: (rows + 1) int32; banned: int32
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// word[r,j] = the word with the j-th largest score, of equal ones the smaller first; -1 and minus infinity
/// where there are no more.  word: (rows, k) int32; log_probability: (rows, k)
DLCORE_KERNEL(top_words, T* x, const std::int32_t* banned_begin, const std::int32_t* banned,
              std::int32_t* word, Arithmetic<T>* log_probability, std::int64_t rows, std::int64_t cols,
              std::int64_t k)

/// Draws word[r] by the number uniform[r] in [0, 1) from softmax(x[r] / temperature), of which first only the
/// top_k most probable words stay (0: all), then the fewest most probable ones that have top_p of what is
/// left (1: all); of equally probable words the smaller stay. With the words in the order of their numbers,
/// it is the first up to which they have more than uniform[r] of the probability that stayed. -1 and minus
/// infinity where all are banned.
/// uniform: (rows) double; weight: (rows, cols), overwritten; word: (rows) int32; log_probability: (rows), of
/// x itself
DLCORE_KERNEL(draw_words, T* x, const std::int32_t* banned_begin, const std::int32_t* banned,
              const double* uniform, double temperature, std::int64_t top_k, double top_p,
              Arithmetic<T>* weight, std::int32_t* word, Arithmetic<T>* log_probability, std::int64_t rows,
              std::int64_t cols)

}  // namespace dlcore::kernels
