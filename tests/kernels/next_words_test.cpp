// top_words and draw_words, against plain loops in double.
#include "kernels/next_words.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const double infinity = std::numeric_limits<double>::infinity();
const double nan_value = std::numeric_limits<double>::quiet_NaN();

using Lists = std::vector<std::vector<std::int32_t>>;

// The words of one row from the most probable to the least, without those that have no probability.
std::vector<std::int32_t> in_order(const std::vector<double>& scores) {
  std::vector<std::int32_t> words(scores.size());
  std::iota(words.begin(), words.end(), 0);
  const auto score = [&](std::int32_t word) { return scores[static_cast<std::size_t>(word)]; };
  std::erase_if(words, [&](std::int32_t word) { return score(word) == -infinity; });
  std::stable_sort(words.begin(), words.end(),
                   [&](std::int32_t a, std::int32_t b) { return score(a) > score(b); });
  return words;
}

double log_total(const std::vector<double>& scores) {
  const double shift = *std::max_element(scores.begin(), scores.end());
  double total = 0;
  for (const double score : scores) total += std::exp(score - shift);
  return shift + std::log(total);
}

std::vector<double> without(std::vector<double> scores, const std::vector<std::int32_t>& banned) {
  for (const auto word : banned) scores[static_cast<std::size_t>(word)] = -infinity;
  return scores;
}

std::vector<std::vector<double>> rows_of(const Tensor& x) {
  const auto all = numbers(x);
  std::vector<std::vector<double>> rows;
  for (std::int64_t r = 0; r < x.size(0); ++r)
    rows.emplace_back(all.begin() + r * x.size(1), all.begin() + (r + 1) * x.size(1));
  return rows;
}

struct Chosen {
  std::vector<std::int32_t> words;
  Tensor log_probability;
};

struct Banned {
  Banned(const Target& target, const Lists& lists) {
    std::vector<std::int32_t> begins{0}, all;
    for (const auto& list : lists) {
      all.insert(all.end(), list.begin(), list.end());
      begins.push_back(static_cast<std::int32_t>(all.size()));
    }
    begin = make_indices(target, begins);
    words = make_indices(target, all);
  }
  Tensor begin, words;
};

Chosen top(const Target& target, const Tensor& x, const Lists& lists, std::int64_t k) {
  const std::int64_t rows = x.size(0);
  const Banned banned(target, lists);
  const Tensor word({rows, k}, DType::int32, target.device());
  const Tensor log_probability = make_zeros(in_arithmetic(target), {rows, k});
  kernels::top_words(target.stream, x.clone(), banned.begin, banned.words, word, log_probability, rows,
                     x.size(1), k);
  return {word.to_vector<std::int32_t>(), log_probability};
}

struct Drawing {
  double temperature = 1;
  std::int64_t top_k = 0;
  double top_p = 1;
};

Chosen draw_word(const Target& target, const Tensor& x, const Lists& lists,
                 const std::vector<double>& uniform, const Drawing& how = {}) {
  const std::int64_t rows = x.size(0);
  const Banned banned(target, lists);
  const Target exact = in_arithmetic(target);
  const Tensor word({rows}, DType::int32, target.device());
  const Tensor log_probability = make_zeros(exact, {rows}), weight = make_zeros(exact, x.shape());
  kernels::draw_words(target.stream, x.clone(), banned.begin, banned.words,
                      Tensor::from(uniform, {rows}, target.device()), how.temperature, how.top_k, how.top_p,
                      weight, word, log_probability, rows, x.size(1));
  return {word.to_vector<std::int32_t>(), log_probability};
}

// What draw_words promises, and whether rounding can decide otherwise.
struct Wanted {
  std::int32_t word;
  bool certain;
};

Wanted want_drawn(const std::vector<double>& scores, double uniform, const Drawing& how) {
  std::vector<std::int32_t> order = in_order(scores);
  if (how.top_k > 0 && how.top_k < static_cast<std::int64_t>(order.size()))
    order.resize(static_cast<std::size_t>(how.top_k));
  std::vector<double> weight(scores.size());
  double total = 0;
  for (const auto word : order) {
    const auto at = static_cast<std::size_t>(word);
    total += weight[at] =
        std::exp((scores[at] - scores[static_cast<std::size_t>(order[0])]) / how.temperature);
  }
  bool certain = true;
  constexpr double rounding = 1e-5;
  double kept = 0;
  for (const auto word : order) {
    const auto at = static_cast<std::size_t>(word);
    if (how.top_p < 1 && kept > 0 && std::abs(kept - how.top_p * total) < rounding * total) certain = false;
    if (how.top_p < 1 && kept >= how.top_p * total)
      weight[at] = 0;
    else
      kept += weight[at];
  }
  double sum = 0;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    sum += weight[c];
    if (std::abs(sum - uniform * kept) < rounding * kept) certain = false;
    if (sum > uniform * kept) return {static_cast<std::int32_t>(c), certain};
  }
  return {-1, false};
}

// Lists with 0 to 2 words for each row, so that one word of a row stays.
Lists some_banned(std::int64_t rows, std::int64_t cols) {
  Random random(7);
  Lists lists(static_cast<std::size_t>(rows));
  for (std::size_t r = 0; r < lists.size() && cols > 2; ++r)
    for (std::size_t i = 0; i < r % 3; ++i) lists[r].push_back(static_cast<std::int32_t>(random.below(cols)));
  return lists;
}

struct Extents {
  std::int64_t rows, cols;
};
constexpr Extents matrices[] = {{0, 5}, {1, 1}, {5, 31}, {33, 33}, {7, 257}, {40, 1004}, {3, 20001}};

}  // namespace

TEST_CASE("top_words: the best words in order, with their log-probabilities") {
  on_every_target([](const Target& target) {
    for (const auto [rows, cols] : matrices)
      for (const std::int64_t k : {1, 2, 6, 40}) {  // also more than there are words
        INFO(rows << " x " << cols << ", k " << k);
        const Tensor x = make_normal(target, {rows, cols}, 1, 3);
        const Lists lists = some_banned(rows, cols);
        const Chosen got = top(target, x, lists, k);
        std::vector<std::int32_t> words;
        std::vector<double> logs, magnitude;
        const auto scores = rows_of(x);
        for (std::size_t r = 0; r < scores.size(); ++r) {
          auto order = in_order(without(scores[r], lists[r]));
          order.resize(static_cast<std::size_t>(k), -1);
          const double total = log_total(scores[r]);
          for (const auto word : order) {
            words.push_back(word);
            const double score = word < 0 ? -infinity : scores[r][static_cast<std::size_t>(word)];
            logs.push_back(score - total);
            magnitude.push_back(word < 0 ? 0 : std::abs(score) + std::abs(total));
          }
        }
        CHECK(got.words == words);
        const Target exact = in_arithmetic(target);
        check_close({exact.name, exact.stream, exact.type, tolerance_of(exact.type)}, got.log_probability,
                    logs, magnitude, sum_factor(cols));
      }
  });
}

TEST_CASE("top_words: of equal words the smaller comes first, wherever they are") {
  on_every_target([](const Target& target) {
    for (const std::size_t n : {7u, 33u, 257u, 1600u}) {
      std::vector<double> row(n);
      for (std::size_t c = 0; c < n; ++c) row[c] = static_cast<double>(c % 3);
      std::vector<std::int32_t> want = in_order(row);
      want.resize(40, -1);
      INFO("n = " << n);
      CHECK(top(target, make(target, row, {1, static_cast<std::int64_t>(n)}), {{}}, 40).words == want);
    }
    CHECK(top(target, make(target, {-0.0, 0.0, -0.0}, {1, 3}), {{}}, 3).words ==
          std::vector<std::int32_t>{0, 1, 2});
  });
}

TEST_CASE("next words: NaN and infinities") {
  on_every_target([](const Target& target) {
    const auto words = [&](const std::vector<double>& row, const std::vector<std::int32_t>& banned = {}) {
      const Tensor x = make(target, row, {1, static_cast<std::int64_t>(row.size())});
      const Chosen best = top(target, x, {banned}, 2), drawn = draw_word(target, x, {banned}, {0});
      const auto logs = numbers(best.log_probability);
      CHECK(best.words[0] == drawn.words[0]);
      CHECK(std::isnan(logs[0]) == std::isnan(numbers(drawn.log_probability)[0]));
      CHECK(std::isnan(logs[0]) == std::isnan(logs[1]));
      return std::pair{best.words, logs[0]};
    };
    using Words = std::vector<std::int32_t>;
    for (const auto& bad : {std::vector<double>{1, nan_value, 2},
                            {1, infinity, 2},
                            {nan_value, nan_value, nan_value},
                            {-infinity, -infinity, -infinity}}) {
      for (const auto& banned : {Words{}, Words{1}}) {  // banning the bad one does not hide it
        const auto [found, log] = words(bad, banned);
        CHECK(found == Words{-1, -1});
        CHECK(std::isnan(log));
      }
    }
    CHECK(words({-infinity, 3, -infinity}).first == Words{1, -1});
    CHECK(words({-infinity, 3, -infinity}).second == 0);
    CHECK(words({1, 2, 3}, {1, 0, 2}) == std::pair{Words{-1, -1}, -infinity});
    CHECK(words({1, 2, 3}, {2, 2, 1}).first == Words{0, -1});  // twice in the list
  });
}

TEST_CASE("draw_words: as by loops in double") {
  on_every_target([](const Target& target) {
    for (const auto [rows, cols] : matrices)
      for (const Drawing& how : {Drawing{},
                                 {.temperature = 0.3},
                                 {.temperature = 40},
                                 {.top_k = 1},
                                 {.top_k = 7},
                                 {.top_p = 0.05},
                                 {.top_p = 0.6},
                                 {.temperature = 1.5, .top_k = 20, .top_p = 0.9},
                                 {.top_k = 1000000, .top_p = 1},
                                 {.top_p = 1e-9}}) {
        INFO(rows << " x " << cols << ", temperature " << how.temperature << ", top_k " << how.top_k
                  << ", top_p " << how.top_p);
        const Tensor x = make_normal(target, {rows, cols}, 1, 3);
        const Lists lists = some_banned(rows, cols);
        Random random(3);
        std::vector<double> uniform;
        for (std::int64_t r = 0; r < rows; ++r) uniform.push_back(random.uniform());
        const Chosen got = draw_word(target, x, lists, uniform, how);
        const auto scores = rows_of(x);
        const auto logs = numbers(got.log_probability);
        std::int64_t uncertain = 0;
        for (std::size_t r = 0; r < scores.size(); ++r) {
          const Wanted want = want_drawn(without(scores[r], lists[r]), uniform[r], how);
          uncertain += want.certain ? 0 : 1;
          if (want.certain) CHECK(got.words[r] == want.word);
          REQUIRE(got.words[r] >= 0);
          CHECK(std::abs(logs[r] -
                         (scores[r][static_cast<std::size_t>(got.words[r])] - log_total(scores[r]))) <= 1e-4);
        }
        CHECK(uncertain <= 1 + rows / 4);
      }
  });
}

TEST_CASE("draw_words: equal words, the ends of the interval, temperatures far out") {
  on_every_target([](const Target& target) {
    const auto word = [&](const std::vector<double>& row, double uniform, const Drawing& how) {
      return draw_word(target, make(target, row, {1, static_cast<std::int64_t>(row.size())}), {{}}, {uniform},
                       how)
          .words[0];
    };
    const double last = 1 - 0x1p-53;
    const std::vector<double> flat(300, 0.5);
    CHECK(word(flat, 0, {}) == 0);
    CHECK(word(flat, 0.5, {}) == 150);
    CHECK(word(flat, last, {}) == 299);
    CHECK(word(flat, last, {.top_k = 7}) == 6);  // of equals the smaller stay
    CHECK(word(flat, last, {.top_p = 0.1}) == 29);
    CHECK(word({1, 5, 2, 5}, 0, {.top_k = 1}) == 1);
    CHECK(word({1, 5, 2, 5}, last, {.top_k = 1}) == 1);
    CHECK(word({1, 5, 2, 5}, last, {.top_k = 2}) == 3);
    CHECK(word({1, 4, 2, 5}, last, {.temperature = 1e-300}) == 3);
    CHECK(word({1, 4, 2, 5}, 0, {.temperature = 1e-300}) == 3);
    CHECK(word({1, 4, 2, 5}, 0.3, {.temperature = 1e300}) == 1);
    CHECK(word({1, 4, 2, 5}, 0.3, {.temperature = 1e300, .top_k = 1}) == 3);  // all weights are equal
    CHECK(word({-infinity, 4, -infinity, 4}, last, {.top_k = 3}) == 3);
    CHECK(word({-infinity, 4, -infinity, 4}, 0, {}) == 1);
  });
}
