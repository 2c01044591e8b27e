// What a recurrent layer makes of words before it looks at its state: x Wx + b, computed once for each word.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "layers/recurrent.h"

namespace dlcore {

class ProjectedWords {
 public:
  /// For words of a table (V, D), of which at most `most` different ones will be asked for. The parameters
  /// stay as they are meanwhile.
  ProjectedWords(const Stream& stream, const RecurrentLayer& cell, const Tensor& table, std::int64_t most);

  /// gates[k] = table[words[k]] Wx + b.  words: (n) int32; on_host: the same, of which on a GPU only the
  /// number counts; gates: (n, G H)
  void gather(const Tensor& words, std::span<const std::int32_t> on_host, const Tensor& gates);

 private:
  void project(std::span<const std::int32_t> words);

  Stream stream_;
  const RecurrentLayer& cell_;
  Tensor table_;
  Tensor projected_;  // (words, G H)
  std::vector<std::int32_t>
      rows_;                // of each word in it, -1: not there yet; empty: all words are, in their order
  std::int64_t count_ = 0;  // rows in use
};

}  // namespace dlcore
