// METEOR's program (LGPL) was read for what the paper leaves open; the search here is written anew.
#include "models/word_alignment.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace dlcore {

namespace {

constexpr std::size_t beam = 40;
constexpr std::int32_t none = -1;

// What paths are chosen by.
struct Standing {
  std::int64_t exact = 0;   // pairs of equal words
  std::int64_t chunks = 0;  // that are closed
  std::int64_t distance = 0;
  std::int32_t next = none;  // the caption's word that would go on with the open chunk

  void close_chunk() {
    chunks += next != none;
    next = none;
  }
  void add(std::int32_t caption, bool equal) {
    exact += equal;
    chunks += next != none && caption != next;
    next = caption + 1;
  }
};

bool is_better(const Standing& a, const Standing& b) {
  return std::tuple(-a.exact, a.chunks, a.distance) < std::tuple(-b.exact, b.chunks, b.distance);
}

// An alignment of the reference's words so far.
struct Path {
  Standing standing;
  std::vector<std::int32_t> alignment;  // [reference word]
  std::vector<char> used;               // [caption word]
};

// A path with one word more.
struct Step {
  Standing standing;
  std::size_t path = 0;
  std::int32_t caption = none;  // the word that it is aligned with

  void take(Path& of) const {
    of.standing = standing;
    of.alignment.push_back(caption);
    if (caption != none) of.used[static_cast<std::size_t>(caption)] = 1;
  }
};

void keep_best(std::vector<Step>& steps) {
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return is_better(a.standing, b.standing); });
  if (steps.size() > beam) steps.resize(beam);
}

bool are_same(std::span<const StemmedWord> a, std::span<const StemmedWord> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const StemmedWord& x, const StemmedWord& y) { return x.word == y.word; });
}

// [reference word]: the caption's words that it matches, equal ones first.
std::vector<std::vector<std::int32_t>> matches_of(std::span<const StemmedWord> caption,
                                                  std::span<const StemmedWord> reference) {
  std::vector<std::vector<std::int32_t>> matches(reference.size());
  const auto add = [&](std::size_t j, auto fits) {
    for (std::size_t i = 0; i < caption.size(); ++i)
      if (fits(caption[i], reference[j])) matches[j].push_back(static_cast<std::int32_t>(i));
  };
  const bool stems = !are_same(caption, reference);  // then equal words are all that is needed
  for (std::size_t j = 0; j < reference.size(); ++j) {
    add(j, [](const StemmedWord& a, const StemmedWord& b) { return a.word == b.word; });
    if (stems)
      add(j, [](const StemmedWord& a, const StemmedWord& b) { return a.word != b.word && a.stem == b.stem; });
  }
  return matches;
}

// [reference word]: its only match where that has no other either, or none.
std::vector<std::int32_t> certain_pairs(const std::vector<std::vector<std::int32_t>>& matches,
                                        std::size_t caption_words) {
  std::vector<int> count(caption_words, 0);
  for (const auto& each : matches)
    for (const std::int32_t i : each) ++count[static_cast<std::size_t>(i)];
  std::vector<std::int32_t> certain;
  for (const auto& each : matches)
    certain.push_back(each.size() == 1 && count[static_cast<std::size_t>(each[0])] == 1 ? each[0] : none);
  return certain;
}

}  // namespace

std::vector<std::int32_t> align_words(std::span<const StemmedWord> caption,
                                      std::span<const StemmedWord> reference) {
  const auto matches = matches_of(caption, reference);
  const std::vector<std::int32_t> certain = certain_pairs(matches, caption.size());
  std::vector<Path> paths(1);
  paths[0].used.assign(caption.size(), 0);
  std::vector<Step> steps;
  for (std::size_t j = 0; j < reference.size(); ++j) {
    const auto distance = [&](std::int32_t i) { return std::abs(static_cast<std::int64_t>(j) - i); };
    const auto equal = [&](std::int32_t i) {
      return caption[static_cast<std::size_t>(i)].word == reference[j].word;
    };
    steps.clear();
    for (std::size_t p = 0; p < paths.size(); ++p) {
      Standing standing = paths[p].standing;
      if (certain[j] != none) {
        standing.add(certain[j], equal(certain[j]));
        standing.distance += distance(certain[j]);
      } else {
        for (const std::int32_t i : matches[j]) {
          if (paths[p].used[static_cast<std::size_t>(i)]) continue;
          steps.push_back({standing, p, i});
          steps.back().standing.add(i, equal(i));
          standing.distance += distance(i);  // of the paths after this one
        }
        standing.close_chunk();
      }
      steps.push_back({standing, p, certain[j]});
    }
    if (steps.size() == 1) {
      steps[0].take(paths[0]);
      continue;
    }
    keep_best(steps);
    std::vector<Path> longer;
    for (const Step& step : steps) {
      longer.push_back(paths[step.path]);
      step.take(longer.back());
    }
    paths = std::move(longer);
  }
  for (Path& path : paths) path.standing.close_chunk();
  return std::min_element(paths.begin(), paths.end(),
                          [](const Path& a, const Path& b) { return is_better(a.standing, b.standing); })
      ->alignment;
}

std::int64_t count_chunks(std::span<const std::int32_t> alignment) {
  std::int64_t chunks = 0;
  std::int32_t next = none;
  for (const std::int32_t i : alignment) {
    chunks += i != none && i != next;
    next = i == none ? none : i + 1;
  }
  return chunks;
}

}  // namespace dlcore
