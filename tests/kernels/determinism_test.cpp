// Kernels large enough for several threads: the same bits on every run and with every number of threads, and
// the same numbers on every target.
#include <functional>

#include "core/cpu.h"
#include "kernels/activation.h"
#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "kernels/embedding.h"
#include "kernels/next_words.h"
#include "kernels/optimizer.h"
#include "kernels/recurrent_cell.h"
#include "kernels/reduce.h"
#include "kernels/softmax.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t rows = 597;
constexpr std::int64_t cols = 43;
constexpr std::int64_t n = rows * cols;

Tensor input(const Target& target, std::uint64_t seed) {
  return make_normal(target, Shape{rows, cols}, seed);
}

Tensor row_numbers(const Target& target, std::int64_t limit) {
  Random random(5);
  std::vector<std::int32_t> row(static_cast<std::size_t>(rows));
  for (auto& r : row) r = static_cast<std::int32_t>(random.below(limit));
  return make_indices(target, row);
}

struct Kernel {
  const char* name;
  std::int64_t terms;  // of the longest sum in it
  std::function<Tensor(const Target&)> run;
};

const std::vector<Kernel>& all_kernels() {
  static const std::vector<Kernel> list{
      {"tanh", 1,
       [](const Target& t) {
         const Tensor x = input(t, 1);
         kernels::tanh_forward(t.stream, x, x, n);
         return x;
       }},
      {"add_bias", 1,
       [](const Target& t) {
         const Tensor x = input(t, 1);
         kernels::add_bias(t.stream, x, make_normal(t, Shape{cols}, 2), x, rows, cols);
         return x;
       }},
      {"dropout", 1,
       [](const Target& t) {
         const Tensor x = make_normal(t, Shape{4 * n}, 1);  // four elements are one piece of work
         kernels::dropout(t.stream, x, x, 0.5, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, 4 * n);
         return x;
       }},
      {"column_sum", 1600,
       [](const Target& t) {
         const Tensor y = make_zeros(t, Shape{129});
         kernels::column_sum(t.stream, make_normal(t, Shape{1600, 129}, 1), y, false, 1600, 129);
         return y;
       }},
      {"row_sum", cols,
       [](const Target& t) {
         const Tensor y = make_zeros(t, Shape{rows});
         kernels::row_sum(t.stream, input(t, 1), y, rows, cols);
         return y;
       }},
      {"sum_of_squares", n,
       [](const Target& t) {
         const Tensor parts(Shape{kernels::sum_of_squares_parts}, DType::float64, t.device());
         const Tensor total(Shape{1}, DType::float64, t.device());
         kernels::sum_of_squares(t.stream, input(t, 1), parts, total, n);
         return total;
       }},
      {"softmax", cols,
       [](const Target& t) {
         const Tensor x = input(t, 1);
         kernels::softmax_forward(t.stream, x, x, rows, cols);
         return x;
       }},
      {"cross_entropy_gradient", cols,
       [](const Target& t) {
         const Tensor x = input(t, 1);
         kernels::cross_entropy_gradient(t.stream, x, row_numbers(t, cols), Tensor(),
                                         make_zeros(in_arithmetic(t), Shape{rows}), x, 0, 0.2, 0.1, rows,
                                         cols);
         return x;
       }},
      {"lstm_cell_forward", 1,
       [](const Target& t) {
         const Tensor h = make_zeros(t, Shape{rows, cols});
         kernels::lstm_cell_forward(t.stream, make_normal(t, Shape{rows, 4 * cols}, 1), input(t, 2),
                                    input(t, 3), h, rows, cols);
         return h;
       }},
      {"lstm_cell_backward", 1,
       [](const Target& t) {
         const Tensor dc = input(t, 6);
         const Tensor gates =
             make(t, std::vector<double>(static_cast<std::size_t>(4 * n), 0.3), Shape{rows, 4 * cols});
         kernels::lstm_cell_backward(t.stream, gates, input(t, 2), input(t, 3), input(t, 4), input(t, 5), dc,
                                     rows, rows / 2, cols);
         return dc;
       }},
      {"scatter_add_rows", rows,
       [](const Target& t) {
         const Tensor row = row_numbers(t, 11);
         const Tensor order = make_indices(t, std::vector<std::int32_t>(static_cast<std::size_t>(rows)));
         kernels::sort_rows(t.stream, row, order);
         const Tensor table = make_normal(t, Shape{11, cols}, 2);
         kernels::scatter_add_rows(t.stream, row, order, input(t, 1), table, rows, 11, cols);
         return table;
       }},
      {"top_words", cols,
       [](const Target& t) {
         const Tensor none = make_indices(t, std::vector<std::int32_t>(static_cast<std::size_t>(rows + 1)));
         const Tensor word = make_indices(t, std::vector<std::int32_t>(static_cast<std::size_t>(3 * rows)));
         const Tensor y = make_zeros(in_arithmetic(t), Shape{rows, 3});
         kernels::top_words(t.stream, input(t, 1), none, none, word, y, rows, cols, 3);
         return y;
       }},
      {"draw_words", cols,
       [](const Target& t) {
         const Tensor none = make_indices(t, std::vector<std::int32_t>(static_cast<std::size_t>(rows + 1)));
         const Tensor word = make_indices(t, std::vector<std::int32_t>(static_cast<std::size_t>(rows)));
         const Tensor y = make_zeros(in_arithmetic(t), Shape{rows}),
                      weight = make_zeros(in_arithmetic(t), {rows, cols});
         std::vector<double> uniform;
         for (std::int64_t r = 0; r < rows; ++r) uniform.push_back((static_cast<double>(r) + 0.5) / rows);
         kernels::draw_words(t.stream, input(t, 1), none, none, Tensor::from(uniform, {rows}, t.device()),
                             0.8, 9, 0.9, weight, word, y, rows, cols);
         return y;
       }},
      {"adam", 1,
       [](const Target& t) {
         const Tensor w = input(t, 1);
         const Tensor zero = make_zeros(in_arithmetic(t), w.shape());
         kernels::adam(t.stream, w, input(t, 2), exact_of(w), zero, zero.clone(), Tensor{}, 0.01, 0.9, 0.999,
                       1e-8, 0.01, true, std::int64_t{1}, n);
         return w;
       }},
  };
  return list;
}

}  // namespace

TEST_CASE("kernels give the same bits with every number of threads and on every run") {
  const int before = cpu_threads();
  on_every_target([](const Target& target) {
    for (const Kernel& kernel : all_kernels()) {
      INFO(kernel.name);
      set_cpu_threads(1);
      const Tensor one = kernel.run(target);
      for (const int threads : {2, 2, 3, 5}) {
        set_cpu_threads(threads);
        CHECK(same_bits(kernel.run(target), one));
      }
    }
  });
  set_cpu_threads(before);
}

TEST_CASE("all targets agree") {
  const Target& first = targets().front();
  for (const Kernel& kernel : all_kernels())
    for (const DType type : {DType::float32, DType::float64, DType::bfloat16}) {
      const auto reference = numbers(kernel.run({first.name, first.stream, type, tolerance_of(type)}));
      double largest = 0;
      for (const double v : reference) largest = std::max(largest, std::abs(v));
      for (const Target& target : targets()) {
        if (target.type != type) continue;
        INFO(kernel.name);
        check_close(target, kernel.run(target), reference, largest, sum_factor(kernel.terms));
      }
    }
}
