// CaptioningRNN::decode: beam search and log-probabilities of whole models.
#include <cmath>
#include <limits>

#include "tests/models/captioner_fixture.h"
#include "tests/models/decode_reference.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// A captioner whose words differ from image to image: larger weights than the initial ones.
CaptioningRNN lively(const Target& target, const std::string& cell, std::int64_t V, std::uint64_t seed) {
  CaptioningRNN captioner(
      {.cell = cell, .feature_shape = {4}, .vocabulary_size = V, .wordvec_dim = 5, .hidden_dim = 6},
      target.type, target.device());
  for (const auto& [name, parameter] : captioner.parameters().entries())
    copy(target.stream, make_normal(target, parameter->shape, ++seed * 17, name == "score.bias" ? 0.5 : 1.2),
         parameter->value);
  return captioner;
}

NextLogs next_logs_of_row(const CaptioningRNN& captioner, const Tensor& features, std::int64_t r) {
  return next_logs_of(captioner, numbers(features.rows(r, r + 1)));
}

// What rounding does to log-probabilities: some hundred operations on numbers of this size.
double tolerance(const Target& target, double want) {
  return 32 * target.tolerance * (2 + std::abs(want));
}

void check_logs(const Target& target, const std::vector<double>& got, const std::vector<double>& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK(std::abs(got[i] - want[i]) <= tolerance(target, want[i]));
}

// Each word's log-probability, and the score.
void check_caption(const Target& target, const Caption& caption, const NextLogs& next,
                   const DecodeOptions& options) {
  check_logs(target, caption.log_probabilities, logs_of(caption.words, next, options.max_length));
  double total = 0;
  for (const double value : caption.log_probabilities) total += value;
  const auto length = static_cast<double>(caption.log_probabilities.size());
  CHECK(caption.score == Approx(total / std::pow(length, options.length_penalty)));
}

std::vector<DecodeOptions> kinds() {
  return {{},
          {.length_penalty = 0.8},
          {.min_length = 2},
          {.min_length = 1, .suppressed = {3}, .length_penalty = 1},
          {.no_repeat_ngram = 1},
          {.no_repeat_ngram = 2, .length_penalty = 2}};
}

}  // namespace

TEST_CASE("decode: a wide beam finds the best of all captions") {
  on_every_target([](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"})
      for (const std::int64_t V : {5, 6})
        for (const std::uint64_t seed : {1, 2, 3}) {
          const auto captioner = lively(target, cell, V, 100 * seed);
          const Tensor features = make_normal(target, {3, 4}, seed);
          for (DecodeOptions options : kinds()) {
            INFO(cell << ", V " << V << ", seed " << seed << ", alpha " << options.length_penalty);
            options.max_length = 4;
            options.beam = 100;
            options.n_best = 3;
            const auto got = captioner.decode(target.stream, features, options);
            REQUIRE(got.size() == 3);
            for (std::size_t i = 0; i < 3; ++i) {
              const NextLogs next = next_logs_of_row(captioner, features, static_cast<std::int64_t>(i));
              const auto want = all_captions(next, options);
              REQUIRE(got[i].size() == std::min<std::size_t>(want.size(), 3));
              for (std::size_t n = 0; n < got[i].size(); ++n) {
                CHECK(std::abs(got[i][n].score - want[n].score) <= 4 * tolerance(target, want[n].score));
                if (target.type == DType::float64) CHECK(got[i][n].words == want[n].words);
                CHECK(allowed(got[i][n], options));
                check_caption(target, got[i][n], next, options);
              }
            }
          }
        }
  });
}

TEST_CASE("decode: narrow beams, groups and n best") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      const auto captioner = lively(target, cell, 23, 5);
      const Tensor features = make_normal(target, {7, 4}, 1, 2);
      for (DecodeOptions options : kinds())
        for (const auto& [beam, n_best, groups, diversity] :
             {std::array<int, 4>{2, 1, 1, 0}, {5, 5, 1, 0}, {6, 4, 3, 0}, {6, 4, 3, 2}}) {
          options.max_length = 9;
          options.beam = beam;
          options.n_best = n_best;
          options.groups = groups;
          options.diversity = diversity;
          const auto got = captioner.decode(target.stream, features, options);
          for (std::int64_t r = 0; r < 7; ++r) {
            const auto want = plain_beam_search(next_logs_of_row(captioner, features, r), options);
            const auto& of_image = got[static_cast<std::size_t>(r)];
            REQUIRE(of_image.size() == want.size());
            for (std::size_t n = 0; n < want.size(); ++n) {
              CHECK(of_image[n].words == want[n].words);
              check_logs(target, of_image[n].log_probabilities, want[n].log_probabilities);
            }
          }
        }
    }
  });
}

TEST_CASE("decode: an image alone has the captions that it has in a batch") {
  on_every_target([](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      const auto captioner = lively(target, cell, 40, 9);
      const std::int64_t N = 37;
      const Tensor features = make_normal(target, {N, 4}, 3, 2);
      std::vector<std::uint64_t> keys;
      for (std::int64_t r = 0; r < N; ++r) keys.push_back(static_cast<std::uint64_t>(1000 - r * r));
      for (const DecodeOptions& options :
           {DecodeOptions{.max_length = 7, .n_best = 2, .beam = 4, .length_penalty = 0.7},
            {.max_length = 7, .beam = 4, .groups = 2, .diversity = 1},
            {.max_length = 7, .n_best = 2, .sample = true, .top_k = 20, .top_p = 0.9},
            {.max_length = 7, .log_probabilities = true}}) {
        const auto together = captioner.decode(target.stream, features, options, keys);
        REQUIRE(together.size() == static_cast<std::size_t>(N));
        CHECK(together.front()[0].words != together.back()[0].words);
        for (std::size_t r = 0; r < together.size(); ++r) {
          const auto row = static_cast<std::int64_t>(r);
          const auto alone =
              captioner.decode(target.stream, features.rows(row, row + 1), options, {&keys[r], 1})[0];
          REQUIRE(alone.size() == together[r].size());
          for (std::size_t n = 0; n < alone.size(); ++n) {
            CHECK(alone[n].words == together[r][n].words);
            check_logs(target, alone[n].log_probabilities, together[r][n].log_probabilities);
          }
        }
      }
    }
  });
}

TEST_CASE("decode: more images than are decoded together") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const auto captioner = lively(target, "lstm", 30000, 1);
    const std::int64_t N = 70;
    const Tensor features = make_normal(target, {N, 4}, 3, 2);
    for (const DecodeOptions& options : {DecodeOptions{.max_length = 2, .min_length = 2, .beam = 4},
                                         {.max_length = 2, .n_best = 4, .sample = true}}) {
      const auto all = captioner.decode(target.stream, features, options);
      REQUIRE(all.size() == static_cast<std::size_t>(N));
      for (const std::int64_t r : {0, 68, 69}) {
        const std::uint64_t key = static_cast<std::uint64_t>(r);  // without keys, the row number
        const auto alone = captioner.decode(target.stream, features.rows(r, r + 1), options, {&key, 1})[0];
        for (std::size_t n = 0; n < alone.size(); ++n)
          CHECK(alone[n].words == all[static_cast<std::size_t>(r)][n].words);
      }
    }
  });
}

TEST_CASE("decode: greedy, with and without log-probabilities") {
  on_every_target([](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      const auto captioner = lively(target, cell, 12, 40);
      const Tensor features = make_normal(target, {30, 4}, 3, 2);
      DecodeOptions options{.max_length = 6};
      const auto words = captioner.sample(target.stream, features, {.max_length = 6});
      const auto plain = captioner.decode(target.stream, features, options);
      options.log_probabilities = true;
      const auto with_logs = captioner.decode(target.stream, features, options);
      // With a beam of one and an option that changes nothing.
      const auto searched =
          captioner.decode(target.stream, features, {.max_length = 6, .no_repeat_ngram = 6});
      REQUIRE(plain.size() == 30);
      for (std::size_t r = 0; r < 30; ++r) {
        REQUIRE(plain[r].size() == 1);
        CHECK(plain[r][0].words == words[r]);
        CHECK(plain[r][0].log_probabilities.empty());
        CHECK(std::isnan(plain[r][0].score));
        CHECK(with_logs[r][0].words == words[r]);
        check_caption(target, with_logs[r][0],
                      next_logs_of_row(captioner, features, static_cast<std::int64_t>(r)), options);
        bool special = false;  // greedy alone chooses <NULL> and <START>
        for (const auto word : words[r]) special = special || word < 2;
        if (target.type != DType::bfloat16 && !special) CHECK(searched[r][0].words == words[r]);
      }
    }
  });
}

TEST_CASE("decode: log-probabilities are those of the training loss") {
  on_every_target([](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      CaptionerConfig config = SmallModel::full_config(cell);  // standardised features, dropout
      SmallModel model(target, config, token_rows({{1, 2}}), 1, 3);
      for (const DecodeOptions& options :
           {DecodeOptions{.max_length = 9, .min_length = 3, .beam = 3},
            {.max_length = 9, .min_length = 3, .sample = true, .temperature = 0.5}}) {
        const auto caption = model.captioner.decode(target.stream, model.batch.features, options)[0][0];
        std::vector<std::int32_t> tokens{1};
        tokens.insert(tokens.end(), caption.words.begin(), caption.words.end());
        if (caption.log_probabilities.size() > caption.words.size()) tokens.push_back(2);
        const CaptionBatch batch = make_caption_batch(tokens, static_cast<std::int64_t>(tokens.size()),
                                                      model.batch.features, config.null_index);
        const double loss = numbers(model.captioner.forward(model.context(false), batch))[0];
        CHECK(std::abs(caption.score + loss) <= 4 * tolerance(target, loss));
      }
    }
  });
}

TEST_CASE("decode: no images, grids, and what is refused") {
  for (const Target& target : targets()) {
    SmallModel model(target, SmallModel::config("lstm"), token_rows({{1, 2}}), 1);
    const auto decode = [&](const Tensor& features, const DecodeOptions& options,
                            const std::vector<std::uint64_t>& keys = {}) {
      return model.captioner.decode(target.stream, features, options, keys);
    };
    const std::vector<DecodeOptions> ways{{}, {.log_probabilities = true}, {.beam = 3}, {.sample = true}};
    const Tensor grid = make_normal(target, {2, 3, 1, 2}, 1);
    for (const auto& options : ways) {
      CHECK(decode(make_zeros(target, {0, 6}), options).empty());
      CHECK(decode(grid, options)[1][0].words == decode(grid.view({2, 6}), options)[1][0].words);
      CHECK_FALSE(error_of([&] { decode(make_zeros(target, {2, 5}), options); }).empty());
    }
    CHECK(contains(error_of([&] { decode(grid, {.max_length = 0}); }), "max_length"));
    CHECK(contains(error_of([&] { decode(grid, {.suppressed = {11}}); }), "in 0 .. 10, not 11"));
    CHECK(contains(error_of([&] {
                     decode(grid, {.sample = true}, {1, 2, 3});
                   }),
                   "2 images need as many keys, not 3"));
    CHECK(contains(error_of([&] {
                     decode(grid, {.max_length = 3, .suppressed = {2, 3, 4, 5, 6, 7, 8, 9, 10}});
                   }),
                   "no_repeat_ngram 0 and 9 suppressed words leave no word"));
    CaptioningRNN two_words({.cell = "rnn", .feature_shape = {4}, .vocabulary_size = 2}, target.type,
                            target.device());
    CHECK(contains(error_of([&] {
                     two_words.decode(target.stream, make_zeros(target, {1, 4}), {.beam = 2});
                   }),
                   "index 2 of <NULL>, <START> or <END> is not below 2 words"));
    copy(target.stream, make(target, {1, std::nan(""), 1, 1, 1, 1, 1, 1, 1, 1, 1}),
         model.captioner.parameters().find("score.bias").value);
    for (const auto& options : ways)
      if (!options.greedy() || options.log_probabilities)
        CHECK(contains(error_of([&] { decode(grid, options); }), "not finite"));
  }
}
