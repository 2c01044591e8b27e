// Beam search by itself, over made-up probabilities.
#include "models/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "tests/catch.h"
#include "tests/devices.h"
#include "tests/models/decode_reference.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Found {
  std::vector<std::vector<Caption>> captions;
  int steps;
};

Found search(const std::vector<NextLogs>& images, const DecodeOptions& options) {
  options.check(1000);
  MadeUpSteps steps(images);
  auto captions = beam_search(static_cast<std::int64_t>(images.size()), {}, options,
                              [&](const StepRows& rows, std::int64_t k) { return steps.top(rows, k); });
  return {std::move(captions), steps.steps()};
}

// Empty when the two are the same captions with the same scores.
std::string difference(const std::vector<Caption>& got, const std::vector<Caption>& want) {
  if (got.size() != want.size())
    return std::to_string(got.size()) + " captions, not " + std::to_string(want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i].words != want[i].words) return "other words in caption " + std::to_string(i);
    if (got[i].log_probabilities != want[i].log_probabilities) return "other log-probabilities";
    if (std::abs(got[i].score - want[i].score) > 1e-12) return "another score";
  }
  return "";
}

std::vector<NextLogs> some_images(std::int64_t V, std::size_t count, double spread = 1.5) {
  std::vector<NextLogs> images;
  for (std::size_t i = 0; i < count; ++i) images.push_back(made_up(V, 10 * i + 1, spread));
  return images;
}

// Options of every kind, for captions of 4 steps.
std::vector<DecodeOptions> kinds() {
  std::vector<DecodeOptions> list;
  for (const double alpha : {0.0, 0.7, 1.0, 2.0}) {
    const DecodeOptions plain{.max_length = 4, .length_penalty = alpha};
    list.push_back(plain);
    for (const std::int64_t least : {1, 3, 4}) {
      list.push_back(plain);
      list.back().min_length = least;
    }
    for (const std::int64_t n : {1, 2}) {
      list.push_back(plain);
      list.back().no_repeat_ngram = n;
    }
    list.push_back(plain);
    list.back().suppressed = {3};
    list.push_back(plain);
    list.back().suppressed = {3};
    list.back().no_repeat_ngram = 2;
    list.back().min_length = 1;
  }
  return list;
}

std::string text(const DecodeOptions& o) {
  return "alpha " + std::to_string(o.length_penalty) + ", min_length " + std::to_string(o.min_length) +
         ", no_repeat_ngram " + std::to_string(o.no_repeat_ngram) + ", suppressed " +
         std::to_string(o.suppressed.size()) + ", beam " + std::to_string(o.beam) + ", n_best " +
         std::to_string(o.n_best) + ", groups " + std::to_string(o.groups) + ", diversity " +
         std::to_string(o.diversity);
}

}  // namespace

TEST_CASE("beam search: a beam that holds everything finds the best of all captions") {
  for (const std::int64_t V : {5, 6, 7})
    for (const double spread : {0.1, 1.5, 4.0}) {
      const auto images = some_images(V, 3, spread);
      for (DecodeOptions options : kinds()) {
        options.beam = 300;  // four words to the power of four
        for (const std::int64_t n_best : {1, 5, 40}) {
          options.n_best = n_best;
          INFO(V << " words, spread " << spread << ", " << text(options));
          std::vector<std::vector<Caption>> want;
          for (const auto& image : images) want.push_back(all_captions(image, options));
          if (std::any_of(want.begin(), want.end(), [](const auto& all) { return all.empty(); })) {
            CHECK(contains(error_of([&] { search(images, options); }), "no caption"));
            continue;
          }
          const auto got = search(images, options).captions;
          REQUIRE(got.size() == images.size());
          for (std::size_t i = 0; i < images.size(); ++i) {
            want[i].resize(std::min(want[i].size(), static_cast<std::size_t>(n_best)));
            CHECK(difference(got[i], want[i]) == "");
          }
        }
      }
    }
}

TEST_CASE("beam search: stopping early and asking for few words of a row changes nothing") {
  for (const std::int64_t V : {6, 30})
    for (DecodeOptions options : kinds())
      for (const auto& [beam, n_best, groups] :
           {std::array<std::int64_t, 3>{1, 1, 1}, {2, 1, 1}, {5, 3, 1}, {4, 4, 1}, {6, 2, 3}, {4, 1, 4}})
        for (const double diversity : {0.0, 0.5, 5.0}) {
          if (groups == 1 && diversity > 0) continue;
          options.max_length = 6;
          options.beam = beam;
          options.n_best = n_best;
          options.groups = groups;
          options.diversity = diversity;
          const auto images = some_images(V, 4);
          INFO(V << " words, " << text(options));
          std::vector<std::vector<Caption>> want;
          for (const auto& image : images) want.push_back(plain_beam_search(image, options));
          if (std::any_of(want.begin(), want.end(), [](const auto& all) { return all.empty(); })) {
            CHECK(contains(error_of([&] { search(images, options); }), "no caption"));
            continue;
          }
          const auto got = search(images, options).captions;
          for (std::size_t i = 0; i < images.size(); ++i) {
            CHECK(difference(got[i], want[i]) == "");
            for (const auto& caption : got[i]) CHECK(allowed(caption, options));
          }
        }
}

TEST_CASE("beam search: an image's captions do not depend on the others") {
  const auto images = some_images(20, 6);
  const DecodeOptions options{.max_length = 8, .n_best = 3, .beam = 4, .length_penalty = 0.6};
  const auto together = search(images, options).captions;
  for (std::size_t i = 0; i < images.size(); ++i)
    CHECK(difference(search({images[i]}, options).captions[0], together[i]) == "");
}

TEST_CASE("beam search: equal scores are in the order of steps, hypotheses and words") {
  const NextLogs flat = [](const Words&) { return std::vector<double>(5, -1.0); };
  const auto words = [&](const DecodeOptions& options) {
    std::vector<Words> list;
    const Found found = search({flat}, options);
    for (const auto& caption : found.captions[0]) list.push_back(caption.words);
    return list;
  };
  CHECK(words({.max_length = 3, .n_best = 3, .beam = 3}) == std::vector<Words>{{}, {3}, {3, 3}});
  CHECK(words({.max_length = 2, .n_best = 7, .beam = 7, .length_penalty = 1}) ==
        std::vector<Words>{{}, {3}, {3, 3}, {3, 4}, {4}, {4, 3}, {4, 4}});
  CHECK(words({.max_length = 2, .min_length = 2, .n_best = 2, .beam = 2}) ==
        std::vector<Words>{{3, 3}, {3, 4}});
}

TEST_CASE("beam search: it stops when nothing better can come, and not before") {
  const double little = -20;
  // "3 <END>" has nearly all of the probability.
  const NextLogs short_one = [&](const Words& words) {
    std::vector<double> logs(6, little);
    logs[words.empty() ? 3 : 2] = -1e-6;
    return logs;
  };
  const Found one = search({short_one}, {.max_length = 50, .beam = 5});
  CHECK(one.captions[0][0].words == Words{3});
  CHECK(one.steps == 2);
  // Divided by up to 50 words, what begins badly could still become better.
  CHECK(search({short_one}, {.max_length = 50, .n_best = 2, .beam = 5, .length_penalty = 1}).steps > 10);
  // A long caption wins by its mean, although a short one ends first.
  const NextLogs long_one = [&](const Words& words) {
    std::vector<double> logs(6, little);
    if (words.empty()) {
      logs[2] = std::log(0.6);
      logs[3] = std::log(0.4);
    } else {
      logs[words.size() < 9 ? 4 : 2] = -1e-6;
    }
    return logs;
  };
  CHECK(search({long_one}, {.max_length = 12, .beam = 2}).captions[0][0].words.empty());
  CHECK(search({long_one}, {.max_length = 12, .beam = 2, .length_penalty = 1}).captions[0][0].words.size() ==
        9);
}

TEST_CASE("beam search: groups go different ways") {
  const auto images = some_images(30, 3);
  DecodeOptions options{.max_length = 5, .min_length = 5, .n_best = 4, .beam = 4, .groups = 4};
  for (const auto& captions : search(images, options).captions)
    CHECK(captions.size() == 1);  // four times the same
  options.diversity = 100;
  for (const auto& captions : search(images, options).captions) {
    REQUIRE(captions.size() == 4);
    for (std::size_t t = 0; t < 5; ++t) {
      std::set<std::int32_t> words;
      for (const auto& caption : captions) words.insert(caption.words[t]);
      CHECK(words.size() == 4);
    }
    for (std::size_t i = 1; i < 4; ++i) CHECK(captions[i].score <= captions[i - 1].score);
  }
}

TEST_CASE("beam search: nothing to search, no caption, no probabilities") {
  CHECK(search({}, {.beam = 3}).captions.empty());
  CHECK(contains(error_of([] {
                   search({made_up(4, 1)},
                          {.max_length = 3, .min_length = 2, .no_repeat_ngram = 1, .beam = 3});
                 }),
                 "no caption: min_length 2, no_repeat_ngram 1 and 0 suppressed words"));
  const NextLogs broken = [](const Words&) {
    return std::vector<double>(5, std::numeric_limits<double>::quiet_NaN());
  };
  CHECK(contains(error_of([&] { search({broken}, {.beam = 2}); }), "not finite"));
}

TEST_CASE("decoding: options that make no sense") {
  const auto refused = [](const DecodeOptions& options, const std::string& part) {
    INFO(part);
    CHECK(contains(error_of([&] { options.check(10); }), part));
  };
  DecodeOptions{.n_best = 3, .beam = 6, .groups = 2, .diversity = 1}.check(10);
  DecodeOptions{.n_best = 30, .sample = true, .top_p = 0.5}.check(10);
  refused({.max_length = 0}, "max_length must be in 1 .. 1048576, not 0");
  refused({.max_length = 3, .min_length = 4}, "min_length must be in 0 .. max_length=3, not 4");
  refused({.min_length = -1}, "not -1");
  refused({.n_best = 0}, "n_best must be in 1 .. 1048576, not 0");
  refused({.n_best = 4, .beam = 3}, "n_best (4) must not be more than beam (3)");
  refused({.no_repeat_ngram = -1}, "no_repeat_ngram");
  refused({.suppressed = {10}}, "in 0 .. 9, not 10");
  refused({.suppressed = {-1}}, "in 0 .. 9, not -1");
  refused({.beam = 0}, "beam must be in 1 .. 1048576, not 0");
  refused({.beam = std::int64_t{1} << 40}, "beam must be in 1 .. 1048576");
  refused({.groups = 0}, "groups must be at least 1, not 0");
  refused({.beam = 5, .groups = 2}, "beam (5) must be a multiple of groups (2)");
  refused({.length_penalty = -0.5}, "length_penalty must be 0 or more, not -0.5");
  refused({.length_penalty = std::nan("")}, "length_penalty");
  refused({.beam = 4, .groups = 2, .diversity = -1}, "diversity must be 0 or more");
  refused({.beam = 4, .diversity = 1}, "between groups, of which there is 1");
  refused({.sample = true, .temperature = 0}, "temperature must be above 0, not 0");
  refused({.sample = true, .top_k = -1}, "top_k must be 0 or more, not -1");
  for (const double p : {0.0, 1.5, std::nan("")})
    refused({.sample = true, .top_p = p}, "top_p must be above 0");
  refused({.beam = 2, .sample = true}, "of beam search, not of sampling");
  refused({.temperature = 0.5}, "of sampling, which was not asked for");
}
