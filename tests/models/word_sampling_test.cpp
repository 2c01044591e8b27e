// Captions of words that are drawn.
#include "models/word_sampling.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "tests/models/captioner_fixture.h"
#include "tests/models/decode_reference.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// A captioner with these scores, whatever the image and the words before.
CaptioningRNN constant_captioner(const Target& target, const std::string& cell,
                                 const std::vector<double>& scores) {
  CaptioningRNN captioner({.cell = cell,
                           .feature_shape = {4},
                           .vocabulary_size = static_cast<std::int64_t>(scores.size()),
                           .wordvec_dim = 3,
                           .hidden_dim = 5},
                          target.type, target.device());
  captioner.parameters().values().zero(target.stream);
  copy(target.stream, make(target, scores), captioner.parameters().find("score.bias").value);
  return captioner;
}

// How probable each word is: by its score, without <NULL> and <START>, after temperature, top_k and top_p.
std::vector<double> wanted_probabilities(std::vector<double> scores, const DecodeOptions& options) {
  std::vector<std::size_t> order(scores.size() - 2);
  std::iota(order.begin(), order.end(), 2);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
  if (options.top_k > 0) order.resize(std::min(order.size(), static_cast<std::size_t>(options.top_k)));
  double total = 0, kept = 0;
  for (const auto word : order) total += std::exp(scores[word] / options.temperature);
  std::vector<double> result(scores.size());
  for (const auto word : order) {
    if (kept >= options.top_p * total) break;
    result[word] = std::exp(scores[word] / options.temperature);
    kept += result[word];
  }
  for (double& probability : result) probability /= kept;
  return result;
}

}  // namespace

TEST_CASE("sampling: words are as frequent as they are probable") {
  const std::vector<double> scores{3, 2, 0.5, 0, 1.5, -1, -4, 1, 0.25, 2.5};
  on_every_target([&](const Target& target) {
    const auto captioner = constant_captioner(target, "lstm", scores);
    const Tensor features = make_normal(target, {1, 4}, 1);
    for (DecodeOptions options : {DecodeOptions{},
                                  {.temperature = 0.5},
                                  {.temperature = 3},
                                  {.top_k = 3},
                                  {.top_p = 0.8},
                                  {.temperature = 2, .top_k = 6, .top_p = 0.9}}) {
      options.sample = true;
      options.max_length = 2;
      options.n_best = 20000;
      options.seed = 11;
      const auto want = wanted_probabilities(scores, options);
      INFO("temperature " << options.temperature << ", top_k " << options.top_k << ", top_p "
                          << options.top_p);
      std::vector<double> first(scores.size()), second(scores.size());
      const auto captions = captioner.decode(target.stream, features, options);
      for (const auto& caption : captions[0]) {
        ++first[caption.words.empty() ? 2 : static_cast<std::size_t>(caption.words[0])];
        if (!caption.words.empty())
          ++second[caption.words.size() < 2 ? 2 : static_cast<std::size_t>(caption.words[1])];
      }
      for (const auto& counts : {first, second}) {
        const double n = std::accumulate(counts.begin(), counts.end(), 0.0);
        double chi_squared = 0;
        for (std::size_t w = 0; w < counts.size(); ++w) {
          if (want[w] == 0) CHECK(counts[w] == 0);
          if (want[w] > 0) chi_squared += std::pow(counts[w] - n * want[w], 2) / (n * want[w]);
        }
        CHECK(chi_squared < 30);  // of 7 degrees of freedom: one time in 10,000
      }
    }
  });
}

TEST_CASE("sampling: log-probabilities are the model's, whatever the words were drawn from") {
  on_every_target_of(DType::float64, [](const Target& target) {
    const std::vector<double> scores{3, 2, 0.5, 0, 1.5, -1};
    double total = 0;
    for (const double score : scores) total += std::exp(score);
    const auto captions =
        constant_captioner(target, "rnn", scores)
            .decode(target.stream, make_normal(target, {1, 4}, 1),
                    {.max_length = 5, .n_best = 50, .sample = true, .temperature = 4, .top_k = 3});
    for (const auto& caption : captions[0]) {
      double sum = 0;
      for (std::size_t t = 0; t < caption.log_probabilities.size(); ++t) {
        const std::size_t word = t < caption.words.size() ? static_cast<std::size_t>(caption.words[t]) : 2;
        CHECK(caption.log_probabilities[t] == Approx(scores[word] - std::log(total)));
        sum += caption.log_probabilities[t];
      }
      CHECK(caption.score == Approx(sum));
      CHECK(caption.log_probabilities.size() == std::min<std::size_t>(caption.words.size() + 1, 5));
    }
  });
}

TEST_CASE("sampling: of one word there is no choice, and low temperatures leave little") {
  on_every_target([](const Target& target) {
    const std::vector<double> scores{-3, -2, 0.5, 0, 1.5, 1.75};
    const auto captioner = constant_captioner(target, "rnn", scores);
    const Tensor features = make_normal(target, {3, 4}, 1);
    const auto greedy = captioner.decode(target.stream, features, {.max_length = 4});
    for (const DecodeOptions& options :
         {DecodeOptions{.max_length = 4, .n_best = 5, .sample = true, .top_k = 1},
          {.max_length = 4, .n_best = 5, .sample = true, .top_p = 1e-6},
          {.max_length = 4, .n_best = 5, .sample = true, .temperature = 1e-3}})
      for (const auto& captions : captioner.decode(target.stream, features, options))
        for (const auto& caption : captions) CHECK(caption.words == greedy[0][0].words);
  });
}

TEST_CASE("sampling: seed, key, caption and step give the number, nothing else") {
  std::map<double, int> seen;
  for (const std::uint64_t seed : {0, 1})
    for (const std::uint64_t key : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
      for (const std::int64_t caption : {0, 1, 7})
        for (const std::int64_t step : {0, 1, 15}) {
          const double number = drawing_number(seed, key, caption, step);
          CHECK(number >= 0);
          CHECK(number < 1);
          CHECK(number == drawing_number(seed, key, caption, step));
          ++seen[number];
        }
  CHECK(seen.size() == 54);
  on_every_target([](const Target& target) {
    const auto captioner = constant_captioner(target, "lstm", std::vector<double>(60, 1.0));
    const Tensor features = make_normal(target, {3, 4}, 1);
    const auto words = [&](const DecodeOptions& options, const std::vector<std::uint64_t>& keys) {
      std::vector<std::vector<Words>> list;
      for (const auto& captions : captioner.decode(target.stream, features, options, keys)) {
        list.emplace_back();
        for (const auto& caption : captions) list.back().push_back(caption.words);
      }
      return list;
    };
    const DecodeOptions options{.max_length = 5, .n_best = 3, .sample = true, .seed = 4};
    const auto all = words(options, {7, 8, 9});
    CHECK(all == words(options, {7, 8, 9}));
    CHECK(all[0] != all[1]);
    CHECK(all[0][0] != all[0][1]);
    const auto turned = words(options, {9, 7, 8});
    CHECK(turned == std::vector{all[2], all[0], all[1]});
    DecodeOptions other = options;
    other.n_best = 1;
    CHECK(words(other, {7, 8, 9})[2][0] == all[2][0]);
    other.seed = 5;
    CHECK(words(other, {7, 8, 9})[2][0] != all[2][0]);
    // The expected words, on every device.
    CHECK(all[0][0] == words(options, {7, 0, 0})[0][0]);
    Words expected;
    for (std::int64_t t = 0; t < 5; ++t) {
      const int place = static_cast<int>(drawing_number(4, 7, 0, t) * 58);  // of 58 words that are equal
      if (place == 0) break;
      expected.push_back(place + 2);
    }
    CHECK(all[0][0] == expected);
  });
}

TEST_CASE("sampling: minimum length, suppressed words, no repeated n-grams") {
  on_every_target([](const Target& target) {
    const auto captioner = constant_captioner(target, "rnn", {5, 5, 2, 1, 0, 0, 0, 1});
    const Tensor features = make_normal(target, {2, 4}, 1);
    for (const DecodeOptions& options :
         {DecodeOptions{.max_length = 6, .min_length = 3, .n_best = 40, .sample = true},
          {.max_length = 6, .n_best = 40, .suppressed = {3, 7}, .sample = true},
          {.max_length = 6, .n_best = 40, .no_repeat_ngram = 2, .sample = true},
          {.max_length = 5, .min_length = 5, .n_best = 40, .no_repeat_ngram = 1, .sample = true, .top_k = 2}})
      for (const auto& captions : captioner.decode(target.stream, features, options)) {
        CHECK(captions.size() == 40);
        for (const auto& caption : captions) CHECK(allowed(caption, options));
      }
    CHECK(contains(error_of([&] {
                     captioner.decode(
                         target.stream, features,
                         {.max_length = 6, .min_length = 6, .no_repeat_ngram = 1, .sample = true});
                   }),
                   "no caption: min_length 6, no_repeat_ngram 1"));
  });
}
