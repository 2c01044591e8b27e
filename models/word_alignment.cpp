// METEOR's program (LGPL) was read for what the paper leaves open; the search here is written anew.
#include "models/word_alignment.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <tuple>
#include <vector>

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

// A word of a path, and the one before it. Paths share their beginnings.
struct Pair {
  std::int32_t before = none;   // place of the pair before
  std::int32_t caption = none;  // the word that the reference's is aligned with
};

// An alignment of the reference's words so far.
struct Path {
  Standing standing;
  std::int32_t last = none;  // place of its last pair
};

// A path with one word more.
struct Step {
  Standing standing;
  std::uint32_t path = 0;
  std::uint32_t number = 0;     // among the steps: of equal ones the first is kept
  std::int32_t caption = none;  // the word that it is aligned with
};

// What an alignment works with. It is kept for the next one: thousands of short captions would mostly wait
// for memory.
struct Workspace {
  std::vector<std::int32_t> matches,
      match_begin;                    // of reference word j: from match_begin[j] on, equal ones first
  std::vector<std::int32_t> matched;  // [caption word]: by how many words of the reference
  std::vector<Pair> pairs;
  std::vector<Path> paths, longer;
  // Of each path a bit for each of the caption's words, set where it is aligned already.
  std::vector<std::uint64_t> used, longer_used;
  std::vector<Step> steps;
};

bool are_same(std::span<const StemmedWord> a, std::span<const StemmedWord> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const StemmedWord& x, const StemmedWord& y) { return x.word == y.word; });
}

void find_matches(Workspace& work, std::span<const StemmedWord> caption,
                  std::span<const StemmedWord> reference) {
  work.matches.clear();
  work.match_begin.assign(1, 0);
  work.matched.assign(caption.size(), 0);
  const auto add = [&](auto fits) {
    for (std::size_t i = 0; i < caption.size(); ++i) {
      if (!fits(caption[i])) continue;
      work.matches.push_back(static_cast<std::int32_t>(i));
      ++work.matched[i];
    }
  };
  const bool stems = !are_same(caption, reference);  // else equal words are all that is needed
  for (const StemmedWord& word : reference) {
    add([&](const StemmedWord& other) { return other.word == word.word; });
    if (stems)
      add([&](const StemmedWord& other) { return other.word != word.word && other.stem == word.stem; });
    work.match_begin.push_back(static_cast<std::int32_t>(work.matches.size()));
  }
}

void keep_best(std::vector<Step>& steps) {
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
    if (is_better(a.standing, b.standing)) return true;
    return !is_better(b.standing, a.standing) && a.number < b.number;
  });
  if (steps.size() > beam) steps.resize(beam);
}

}  // namespace

std::vector<std::int32_t> align_words(std::span<const StemmedWord> caption,
                                      std::span<const StemmedWord> reference) {
  thread_local Workspace work;
  find_matches(work, caption, reference);
  const std::size_t bits = (caption.size() + 63) / 64;  // in words of 64
  work.pairs.clear();
  work.paths.assign(1, {});
  work.used.assign(bits, 0);
  const auto is_used = [&](std::size_t path, std::int32_t i) {
    const auto at = static_cast<std::size_t>(i);
    return (work.used[path * bits + at / 64] >> (at % 64) & 1) != 0;
  };
  for (std::size_t j = 0; j < reference.size(); ++j) {
    const auto distance = [&](std::int32_t i) { return std::abs(static_cast<std::int64_t>(j) - i); };
    const auto equal = [&](std::int32_t i) {
      return caption[static_cast<std::size_t>(i)].word == reference[j].word;
    };
    const auto matches =
        std::span(work.matches)
            .subspan(static_cast<std::size_t>(work.match_begin[j]),
                     static_cast<std::size_t>(work.match_begin[j + 1] - work.match_begin[j]));
    // Its only match, where that has no other either.
    const std::int32_t certain =
        matches.size() == 1 && work.matched[static_cast<std::size_t>(matches[0])] == 1 ? matches[0] : none;
    work.steps.clear();
    const auto add_step = [&](const Standing& standing, std::size_t path, std::int32_t i) {
      work.steps.push_back(
          {standing, static_cast<std::uint32_t>(path), static_cast<std::uint32_t>(work.steps.size()), i});
    };
    for (std::size_t p = 0; p < work.paths.size(); ++p) {
      Standing standing = work.paths[p].standing;
      if (certain != none) {
        standing.add(certain, equal(certain));
        standing.distance += distance(certain);
      } else {
        for (const std::int32_t i : matches) {
          if (is_used(p, i)) continue;
          add_step(standing, p, i);
          work.steps.back().standing.add(i, equal(i));
          standing.distance += distance(i);  // of the paths after this one
        }
        standing.close_chunk();
      }
      add_step(standing, p, certain);
    }
    if (work.steps.size() > 1) keep_best(work.steps);
    work.longer.clear();
    work.longer_used.clear();
    for (const Step& step : work.steps) {
      work.longer.push_back({step.standing, static_cast<std::int32_t>(work.pairs.size())});
      work.pairs.push_back({work.paths[step.path].last, step.caption});
      const auto before = work.used.begin() + static_cast<std::ptrdiff_t>(step.path * bits);
      work.longer_used.insert(work.longer_used.end(), before, before + static_cast<std::ptrdiff_t>(bits));
      if (step.caption == none) continue;
      const auto at = static_cast<std::size_t>(step.caption);
      (work.longer_used.end() - static_cast<std::ptrdiff_t>(bits))[static_cast<std::ptrdiff_t>(at / 64)] |=
          std::uint64_t{1} << (at % 64);
    }
    work.paths.swap(work.longer);
    work.used.swap(work.longer_used);
  }
  for (Path& path : work.paths) path.standing.close_chunk();
  const auto best = std::min_element(work.paths.begin(), work.paths.end(), [](const Path& a, const Path& b) {
    return is_better(a.standing, b.standing);
  });
  std::vector<std::int32_t> alignment(reference.size());
  std::int32_t at = best->last;
  for (auto word = alignment.rbegin(); word != alignment.rend(); ++word) {
    const Pair& pair = work.pairs[static_cast<std::size_t>(at)];
    *word = pair.caption;
    at = pair.before;
  }
  return alignment;
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
