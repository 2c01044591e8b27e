#include "kernels/embedding.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Extents {
  std::int64_t n, rows, cols;
};
// Few table rows: many repeats. The last but one is work for several threads.
constexpr Extents extents[] = {{0, 5, 7},    {1, 1, 1},     {31, 33, 31},     {257, 3, 33},
                               {1600, 7, 1}, {597, 11, 43}, {2875, 1004, 17}, {40, 1, 1000}};

// About one in ten outside of the table.
std::vector<std::int32_t> some_rows(std::int64_t n, std::int64_t rows) {
  Random random(77);
  std::vector<std::int32_t> row(static_cast<std::size_t>(n));
  for (auto& r : row) {
    r = static_cast<std::int32_t>(random.below(rows));
    if (random.below(10) == 0) r = random.below(2) == 0 ? -1 - r : static_cast<std::int32_t>(rows) + r;
  }
  return row;
}

bool inside(std::int32_t row, std::int64_t rows) {
  return row >= 0 && row < rows;
}

}  // namespace

TEST_CASE("rows are gathered unchanged, and NaN where there is none") {
  on_every_target([](const Target& target) {
    for (const auto [n, rows, cols] : extents) {
      INFO(n << " of " << rows << " x " << cols);
      const Tensor table = make_normal(target, Shape{rows, cols}, 1);
      const auto row = some_rows(n, rows);
      const Tensor y = make_zeros(target, Shape{n, cols});
      kernels::gather_rows(target.stream, table, make_indices(target, row), y, n, rows, cols);
      const auto from = numbers(table);
      std::vector<double> want(static_cast<std::size_t>(n * cols), std::nan(""));
      for (std::size_t k = 0; k < row.size(); ++k)
        if (inside(row[k], rows))
          std::copy_n(from.begin() + row[k] * cols, cols, want.begin() + static_cast<std::int64_t>(k) * cols);
      check_close(target, y, want);
    }
  });
}

TEST_CASE("the gradient of gathering adds rows in their order, and leaves out those outside") {
  on_every_target([](const Target& target) {
    for (const auto [n, rows, cols] : extents) {
      INFO(n << " of " << rows << " x " << cols);
      const auto row = some_rows(n, rows);
      const Tensor index = make_indices(target, row);
      const Tensor order = make_indices(target, std::vector<std::int32_t>(row.size()));
      kernels::sort_rows(target.stream, index, order);
      const Tensor dy = make_normal(target, Shape{n, cols}, 2);
      const Tensor dtable = make_normal(target, Shape{rows, cols}, 3);
      auto want = numbers(dtable);
      auto size = want;
      for (auto& v : size) v = std::abs(v);
      const auto gradient = numbers(dy);
      for (std::size_t k = 0; k < row.size(); ++k)
        for (std::int64_t c = 0; c < cols && inside(row[k], rows); ++c) {
          const double term = gradient[k * static_cast<std::size_t>(cols) + static_cast<std::size_t>(c)];
          want[static_cast<std::size_t>(row[k] * cols + c)] += term;
          size[static_cast<std::size_t>(row[k] * cols + c)] += std::abs(term);
        }
      kernels::scatter_add_rows(target.stream, index, order, dy, dtable, n, rows, cols);
      check_close(target, dtable, want, size, sum_factor(n));
    }
  });
}

TEST_CASE("rows are sorted stably, negative ones first") {
  on_every_target_of(DType::float32, [](const Target& target) {
    for (const std::int64_t n : {0, 1, 2, 31, 33, 257, 20001})
      for (const std::int64_t rows : {1, 3, 100000}) {
        INFO(n << " of " << rows);
        auto row = some_rows(n, rows);
        if (n == 31) {
          row[7] = std::numeric_limits<std::int32_t>::min();
          row[9] = std::numeric_limits<std::int32_t>::max();
        }
        std::vector<std::int32_t> want(row.size());
        std::iota(want.begin(), want.end(), 0);
        std::stable_sort(want.begin(), want.end(), [&](std::int32_t a, std::int32_t b) {
          return row[static_cast<std::size_t>(a)] < row[static_cast<std::size_t>(b)];
        });
        const Tensor order = make_indices(target, std::vector<std::int32_t>(row.size(), -1));
        kernels::sort_rows(target.stream, make_indices(target, row), order);
        CHECK(order.to_vector<std::int32_t>() == want);
      }
  });
}

TEST_CASE("sort_rows refuses tensors of two sizes or of another type") {
  const Stream stream;
  const Tensor three = Tensor::zeros(Shape{3}, DType::int32);
  CHECK(contains(error_of([&] { kernels::sort_rows(stream, three, Tensor::zeros(Shape{4}, DType::int32)); }),
                 "sort_rows: expected two int32 tensors of one size"));
  CHECK_THROWS_AS(kernels::sort_rows(stream, three, Tensor::zeros(Shape{3}, DType::int64)), Error);
  CHECK_THROWS_AS(kernels::sort_rows(stream, three, Tensor{}), Error);
}
