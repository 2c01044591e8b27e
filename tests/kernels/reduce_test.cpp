#include "kernels/reduce.h"

#include <limits>

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Extents {
  std::int64_t rows, cols;
};
constexpr Extents matrices[] = {{0, 5},    {5, 0},    {1, 1},     {1, 31},    {33, 1},    {31, 33},
                                {597, 43}, {43, 597}, {257, 257}, {1600, 64}, {2, 20001}, {20001, 2}};

const double infinity = std::numeric_limits<double>::infinity();
const double nan_value = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int32_t> arg_max(const Target& target, const std::vector<double>& row) {
  const auto n = static_cast<std::int64_t>(row.size());
  const Tensor index = make_indices(target, {-7});
  kernels::row_arg_max(target.stream, make(target, row), index, 1, n);
  return index.to_vector<std::int32_t>();
}

}  // namespace

TEST_CASE("sums of columns and rows, and the largest of rows") {
  on_every_target([](const Target& target) {
    for (const auto [rows, cols] : matrices) {
      INFO(rows << " x " << cols);
      const Tensor x = make_normal(target, Shape{rows, cols}, 1);
      const auto v = numbers(x);
      const auto r_count = static_cast<std::size_t>(rows);
      const auto c_count = static_cast<std::size_t>(cols);
      std::vector<double> columns(c_count), column_size(c_count);
      std::vector<double> sums(r_count), row_size(r_count), largest(r_count, -infinity);
      std::vector<std::int32_t> where(r_count);
      for (std::size_t r = 0; r < r_count; ++r)
        for (std::size_t c = 0; c < c_count; ++c) {
          const double value = v[r * c_count + c];
          columns[c] += value;
          column_size[c] += std::abs(value);
          sums[r] += value;
          row_size[r] += std::abs(value);
          if (value > largest[r]) {
            largest[r] = value;
            where[r] = static_cast<std::int32_t>(c);
          }
        }
      const Tensor by_column = make_normal(target, Shape{cols}, 2);
      const auto before = numbers(by_column);
      kernels::column_sum(target.stream, x, by_column, false, rows, cols);
      check_close(target, by_column, columns, column_size, sum_factor(rows));
      copy(target.stream, make(target, before), by_column);
      kernels::column_sum(target.stream, x, by_column, true, rows, cols);
      for (std::size_t c = 0; c < c_count; ++c) {
        columns[c] += before[c];
        column_size[c] += std::abs(before[c]);
      }
      check_close(target, by_column, columns, column_size, sum_factor(rows));

      const Tensor by_row = make_zeros(target, Shape{rows});
      kernels::row_sum(target.stream, x, by_row, rows, cols);
      check_close(target, by_row, sums, row_size, sum_factor(cols));
      kernels::row_max(target.stream, x, by_row, rows, cols);
      CHECK(numbers(by_row) == largest);
      const Tensor index = make_indices(target, std::vector<std::int32_t>(r_count, -1));
      kernels::row_arg_max(target.stream, x, index, rows, cols);
      CHECK(index.to_vector<std::int32_t>() == where);
    }
  });
}

TEST_CASE("of equal largest elements the first is found, wherever they are") {
  on_every_target([](const Target& target) {
    for (const std::size_t n : {2u, 31u, 33u, 257u, 1600u})
      for (const std::size_t first : {std::size_t{0}, std::size_t{1}, n / 2, n - 1}) {
        std::vector<double> row(n, -1);
        for (std::size_t c = first; c < n; c += 7) row[c] = 3;
        INFO("n = " << n << ", first = " << first);
        CHECK(arg_max(target, row)[0] == static_cast<std::int32_t>(first));
      }
    CHECK(arg_max(target, std::vector<double>(100, -infinity))[0] == 0);
    CHECK(arg_max(target, {-0.0, 0.0, -1})[0] == 0);
  });
}

// A NaN in one row must not hide the largest of the others, wherever SIMD lanes and teams put it.
TEST_CASE("NaN is passed over in the search for the largest element") {
  on_every_target([](const Target& target) {
    for (const std::size_t n : {2u, 3u, 31u, 33u, 257u, 1600u})
      for (const std::size_t bad : {std::size_t{0}, std::size_t{1}, n / 2, n - 1}) {
        INFO("n = " << n << ", NaN at " << bad);
        std::vector<double> row(n, -2);
        const std::size_t best = bad == 0 ? n - 1 : bad - 1;
        row[best] = 5;
        row[bad] = nan_value;
        CHECK(arg_max(target, row)[0] == static_cast<std::int32_t>(best));
        const Tensor y = make_zeros(target, Shape{1});
        kernels::row_max(target.stream, make(target, row), y, 1, static_cast<std::int64_t>(n));
        CHECK(numbers(y)[0] == 5);
        std::vector<double> mostly(n, nan_value);
        mostly[best] = -3;
        CHECK(arg_max(target, mostly)[0] == static_cast<std::int32_t>(best));
      }
    CHECK(arg_max(target, std::vector<double>(33, nan_value))[0] == 0);
    CHECK(arg_max(target, {})[0] == 0);
    CHECK(arg_max(target, {nan_value, 1, infinity, nan_value, infinity})[0] == 2);
  });
}

TEST_CASE("sums of squares of short and long buffers") {
  on_every_target([](const Target& target) {
    for (const std::int64_t n : {0, 1, 31, 1023, 1024, 1025, 3000, 1000003}) {
      INFO("n = " << n);
      const Tensor x = make_normal(target, Shape{n}, 1);
      const Tensor parts(Shape{kernels::sum_of_squares_parts}, DType::float64, target.device());
      const Tensor total = Tensor::zeros(Shape{1}, DType::float64, target.device());
      kernels::sum_of_squares(target.stream, x, parts, total, n);
      long double exact = 0;  // a plain sum in double would itself be the less accurate one
      for (const double v : numbers(x)) exact += static_cast<long double>(v) * v;
      const auto want = static_cast<double>(exact);
      const double limit = tolerance_of(DType::float64) * sum_factor(n) * want;  // added in double
      CHECK(std::abs(numbers(total)[0] - want) <= limit);
    }
  });
}
