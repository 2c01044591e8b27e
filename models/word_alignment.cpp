// METEOR's program (LGPL) was read for what the paper leaves open; the search here is written anew.
#include "models/word_alignment.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ranges>
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

bool are_same(std::span<const StemmedWord> a, std::span<const StemmedWord> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const StemmedWord& x, const StemmedWord& y) { return x.word == y.word; });
}

// The search. Its memory is kept for the next one: thousands of short captions would mostly wait for memory.
class Search {
 public:
  std::vector<std::int32_t> operator()(std::span<const StemmedWord> caption,
                                       std::span<const StemmedWord> reference) {
    caption_ = caption;
    reference_ = reference;
    find_matches();
    width_ = (caption.size() + 63) / 64;
    pairs_.clear();
    paths_.assign(1, {});
    used_.assign(width_, 0);
    for (std::size_t j = 0; j < reference.size(); ++j) {
      steps_.clear();
      for (std::size_t p = 0; p < paths_.size(); ++p) add_steps(p, j);
      if (steps_.size() > 1) keep_best();
      take_steps();
    }
    return best();
  }

 private:
  void find_matches() {
    matches_.clear();
    match_begin_.assign(1, 0);
    matched_.assign(caption_.size(), 0);
    const auto add = [&](auto fits) {
      for (std::size_t i = 0; i < caption_.size(); ++i) {
        if (!fits(caption_[i])) continue;
        matches_.push_back(static_cast<std::int32_t>(i));
        ++matched_[i];
      }
    };
    const bool stems = !are_same(caption_, reference_);  // else equal words are all that is needed
    for (const StemmedWord& word : reference_) {
      add([&](const StemmedWord& other) { return other.word == word.word; });
      if (stems)
        add([&](const StemmedWord& other) { return other.word != word.word && other.stem == word.stem; });
      match_begin_.push_back(matches_.size());
    }
  }

  std::span<const std::int32_t> matches_of(std::size_t j) const {
    return std::span(matches_).subspan(match_begin_[j], match_begin_[j + 1] - match_begin_[j]);
  }

  void add_step(const Standing& standing, std::size_t path, std::int32_t i) {
    steps_.push_back(
        {standing, static_cast<std::uint32_t>(path), static_cast<std::uint32_t>(steps_.size()), i});
  }

  // The ways in which a path may go on with the reference's word j.
  void add_steps(std::size_t path, std::size_t j) {
    const auto distance = [&](std::int32_t i) { return std::abs(static_cast<std::int64_t>(j) - i); };
    const auto equal = [&](std::int32_t i) {
      return caption_[static_cast<std::size_t>(i)].word == reference_[j].word;
    };
    const auto matches = matches_of(j);
    Standing standing = paths_[path].standing;
    // The only match of both words is certain.
    if (matches.size() == 1 && matched_[static_cast<std::size_t>(matches[0])] == 1) {
      standing.add(matches[0], equal(matches[0]));
      standing.distance += distance(matches[0]);
      return add_step(standing, path, matches[0]);
    }
    for (const std::int32_t i : matches) {
      if ((*word_of(used_, path, i) & bit_of(i)) != 0) continue;
      add_step(standing, path, i);
      steps_.back().standing.add(i, equal(i));
      standing.distance += distance(i);  // of the paths after this one
    }
    standing.close_chunk();
    add_step(standing, path, none);
  }

  void keep_best() {
    std::sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) {
      if (is_better(a.standing, b.standing)) return true;
      return !is_better(b.standing, a.standing) && a.number < b.number;
    });
    if (steps_.size() > beam) steps_.resize(beam);
  }

  void take_steps() {
    longer_.clear();
    longer_used_.resize(steps_.size() * width_);
    for (const Step& step : steps_) {
      const std::size_t path = longer_.size();
      longer_.push_back({step.standing, static_cast<std::int32_t>(pairs_.size())});
      pairs_.push_back({paths_[step.path].last, step.caption});
      std::copy_n(used_.begin() + static_cast<std::ptrdiff_t>(step.path * width_), width_,
                  longer_used_.begin() + static_cast<std::ptrdiff_t>(path * width_));
      if (step.caption != none) *word_of(longer_used_, path, step.caption) |= bit_of(step.caption);
    }
    paths_.swap(longer_);
    used_.swap(longer_used_);
  }

  std::vector<std::int32_t> best() {
    for (Path& path : paths_) path.standing.close_chunk();
    const auto path = std::min_element(paths_.begin(), paths_.end(), [](const Path& a, const Path& b) {
      return is_better(a.standing, b.standing);
    });
    std::vector<std::int32_t> alignment(reference_.size());
    std::int32_t at = path->last;
    for (std::int32_t& word : alignment | std::views::reverse) {
      const Pair& pair = pairs_[static_cast<std::size_t>(at)];
      word = pair.caption;
      at = pair.before;
    }
    return alignment;
  }

  std::vector<std::uint64_t>::iterator word_of(std::vector<std::uint64_t>& used, std::size_t path,
                                               std::int32_t i) const {
    return used.begin() + static_cast<std::ptrdiff_t>(path * width_ + static_cast<std::size_t>(i) / 64);
  }
  static std::uint64_t bit_of(std::int32_t i) { return std::uint64_t{1} << (i % 64); }

  std::span<const StemmedWord> caption_, reference_;
  std::vector<std::int32_t> matches_;  // of reference word j from match_begin_[j] on, equal ones first
  std::vector<std::size_t> match_begin_;
  std::vector<std::int32_t> matched_;  // [caption word]: by how many words of the reference
  std::vector<Pair> pairs_;
  std::vector<Path> paths_, longer_;
  // Of each path a bit for each of the caption's words, set where it is aligned: width_ numbers.
  std::vector<std::uint64_t> used_, longer_used_;
  std::size_t width_ = 0;
  std::vector<Step> steps_;
};

}  // namespace

std::vector<std::int32_t> align_words(std::span<const StemmedWord> caption,
                                      std::span<const StemmedWord> reference) {
  thread_local Search search;
  return search(caption, reference);
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
