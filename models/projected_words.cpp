#include "models/projected_words.h"

#include <algorithm>

#include "kernels/embedding.h"

namespace dlcore {

ProjectedWords::ProjectedWords(const Stream& stream, const RecurrentLayer& cell, const Tensor& table,
                               std::int64_t most)
    : stream_(stream), cell_(cell), table_(table) {
  const std::int64_t V = table.size(0);
  if (table.device().is_cuda()) {  // one product of all words takes a GPU no longer than one of a few
    projected_ = cell.make_gates(V);
    cell.project(stream, table, projected_);
    return;
  }
  projected_ = cell.make_gates(std::min(V, most));
  rows_.assign(static_cast<std::size_t>(V), -1);
}

void ProjectedWords::gather(const Tensor& words, std::span<const std::int32_t> on_host, const Tensor& gates) {
  const auto n = static_cast<std::int64_t>(on_host.size());
  if (rows_.empty())
    return kernels::gather_rows(stream_, projected_, words, gates, n, projected_.size(0), gates.size(1));
  std::vector<std::int32_t> fresh, rows(on_host.size());
  const auto before = static_cast<std::int32_t>(count_);
  for (std::size_t k = 0; k < on_host.size(); ++k) {
    std::int32_t& row = rows_[static_cast<std::size_t>(on_host[k])];
    if (row < 0) {
      row = before + static_cast<std::int32_t>(fresh.size());
      fresh.push_back(on_host[k]);
    }
    rows[k] = row;
  }
  if (!fresh.empty()) project(fresh);
  kernels::gather_rows(stream_, projected_, Tensor::from(rows, {n}, table_.device()), gates, n,
                       projected_.size(0), gates.size(1));
}

void ProjectedWords::project(std::span<const std::int32_t> words) {
  const auto n = static_cast<std::int64_t>(words.size());
  const Tensor x({n, table_.size(1)}, table_.dtype(), table_.device());
  kernels::gather_rows(stream_, table_, Tensor::from(words, {n}, table_.device()), x, n, table_.size(0),
                       table_.size(1));
  cell_.project(stream_, x, projected_.rows(count_, count_ + n));
  count_ += n;
}

}  // namespace dlcore
