#include "models/feature_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dlcore {

FeatureStatistics feature_statistics(const FeatureReader& reader) {
  const std::int64_t channels = reader.row_shape()[0];
  const std::int64_t spatial = reader.row_size() / channels;
  const auto width = static_cast<std::size_t>(channels);
  std::vector<double> sum(width), square(width), shift(width);
  constexpr std::int64_t rows_at_once = 256;
  std::vector<float> values;
  std::vector<std::int64_t> rows;
  for (std::int64_t begin = 0; begin < reader.count(); begin += rows_at_once) {
    rows.resize(static_cast<std::size_t>(std::min(rows_at_once, reader.count() - begin)));
    std::iota(rows.begin(), rows.end(), begin);
    values.resize(rows.size() * static_cast<std::size_t>(reader.row_size()));
    reader.read(rows, values.data());
    // Sums of differences from the first value seen: without the cancellation of a plain sum of squares.
    if (begin == 0)
      for (std::size_t c = 0; c < width; ++c) shift[c] = values[c * static_cast<std::size_t>(spatial)];
    const float* value = values.data();
    for (std::size_t r = 0; r < rows.size(); ++r)
      for (std::size_t c = 0; c < width; ++c)
        for (std::int64_t k = 0; k < spatial; ++k, ++value) {
          const double difference = *value - shift[c];
          sum[c] += difference;
          square[c] += difference * difference;
        }
  }
  const double n = static_cast<double>(reader.count() * spatial);
  FeatureStatistics result;
  for (std::size_t c = 0; c < width; ++c) {
    result.mean.push_back(shift[c] + sum[c] / n);
    const double variance = (square[c] - sum[c] * sum[c] / n) / std::max(n - 1, 1.0);
    result.deviation.push_back(std::sqrt(std::max(variance, 0.0)));
  }
  return result;
}

}  // namespace dlcore
