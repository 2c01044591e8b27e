#include "models/beam_search.h"

#include <algorithm>
#include <limits>
#include <map>

namespace dlcore {
namespace {

struct Hypothesis {
  std::int32_t row = 0;  // of this step
  std::vector<std::int32_t> words;
  std::vector<double> log_probabilities;
  double total = 0;
};

struct Candidate {
  double score;            // by which they are chosen
  std::size_t hypothesis;  // that goes on
  std::int32_t word;
  double log_probability;
};

// Of candidates with equal scores the first in this order is taken.
bool better(const Candidate& a, const Candidate& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.hypothesis != b.hypothesis ? a.hypothesis < b.hypothesis : a.word < b.word;
}

// A caption of `from` and one word more, or <END>.
Caption finished(const Hypothesis& from, const Candidate& last, bool ends, double length_penalty) {
  Caption caption{from.words, from.log_probabilities};
  if (!ends) caption.words.push_back(last.word);
  caption.log_probabilities.push_back(last.log_probability);
  caption.score =
      caption_score(from.total + last.log_probability, caption.log_probabilities.size(), length_penalty);
  return caption;
}

// The hypotheses of an image, or of one of its groups.
class Beam {
 public:
  Beam(const DecodeTokens& tokens, const DecodeOptions& options, std::int32_t row)
      : tokens_(tokens), options_(options), size_(options.beam / options.groups), live_(1) {
    live_[0].row = row;
  }

  std::vector<Hypothesis>& live() { return live_; }
  std::vector<Caption>& captions() { return captions_; }

  /// One word more. `taken`: how many hypotheses of earlier groups go on with a word; those of this one are
  /// added.
  void advance(const StepWords& next, std::map<std::int32_t, int>& taken) {
    const std::vector<Candidate> candidates = find_candidates(next, taken);
    std::vector<Hypothesis> kept;
    bool last_step = false;
    for (std::size_t rank = 0; rank < candidates.size(); ++rank) {
      if (rank >= size() && kept.size() == size()) break;
      const Candidate& candidate = candidates[rank];
      const Hypothesis& from = live_[candidate.hypothesis];
      last_step = static_cast<std::int64_t>(from.words.size()) + 1 == options_.max_length;
      if (candidate.word == tokens_.end) {
        if (rank < size()) add(finished(from, candidate, true, options_.length_penalty));
        continue;
      }
      if (kept.size() == size()) continue;
      Hypothesis& longer = kept.emplace_back(from);
      longer.words.push_back(candidate.word);
      longer.log_probabilities.push_back(candidate.log_probability);
      longer.total += candidate.log_probability;
      if (last_step) add(finished(from, candidate, false, options_.length_penalty));
    }
    for (const auto& hypothesis : kept) ++taken[hypothesis.words.back()];
    if (last_step) kept.clear();
    live_ = std::move(kept);
  }

  /// Whether no hypothesis can still be better than the captions that are there.
  bool is_done() const {
    if (live_.empty()) return true;
    const std::size_t wanted = std::min(size(), static_cast<std::size_t>(options_.n_best));
    if (captions_.size() < wanted) return false;
    double total = -std::numeric_limits<double>::infinity();
    for (const auto& hypothesis : live_) total = std::max(total, hypothesis.total);
    return caption_score(total, static_cast<std::size_t>(options_.max_length), options_.length_penalty) <=
           captions_[wanted - 1].score;
  }

 private:
  std::size_t size() const { return static_cast<std::size_t>(size_); }

  std::vector<Candidate> find_candidates(const StepWords& next,
                                         const std::map<std::int32_t, int>& taken) const {
    std::vector<Candidate> candidates;
    for (std::size_t h = 0; h < live_.size(); ++h)
      for (std::int64_t j = 0; j < next.k; ++j) {
        const auto at = static_cast<std::size_t>(live_[h].row * next.k + j);
        const std::int32_t word = next.word[at];
        if (word < 0) break;
        const auto uses = taken.find(word);
        const double penalty = uses == taken.end() ? 0 : options_.diversity * uses->second;
        candidates.push_back(
            {live_[h].total + next.log_probability[at] - penalty, h, word, next.log_probability[at]});
      }
    std::sort(candidates.begin(), candidates.end(), better);
    return candidates;
  }

  // Keeps the n best; of equal scores the one that came first.
  void add(Caption caption) {
    const auto place = std::upper_bound(captions_.begin(), captions_.end(), caption,
                                        [](const Caption& a, const Caption& b) { return a.score > b.score; });
    captions_.insert(place, std::move(caption));
    if (static_cast<std::int64_t>(captions_.size()) > options_.n_best) captions_.pop_back();
  }

  const DecodeTokens& tokens_;
  const DecodeOptions& options_;
  std::int64_t size_;
  std::vector<Hypothesis> live_;   // the best first
  std::vector<Caption> captions_;  // the best first
};

// The n best of all groups of an image, each once.
std::vector<Caption> best_of(std::span<Beam> groups, const DecodeOptions& options) {
  std::vector<Caption> all;
  for (auto& group : groups)
    for (auto& caption : group.captions()) all.push_back(std::move(caption));
  if (all.empty()) fail_without_caption(options);
  std::stable_sort(all.begin(), all.end(), [](const Caption& a, const Caption& b) {
    return a.score != b.score ? a.score > b.score : a.log_probabilities.size() < b.log_probabilities.size();
  });
  std::vector<Caption> best;
  for (auto& caption : all) {
    const bool known = std::any_of(best.begin(), best.end(),
                                   [&](const Caption& other) { return other.words == caption.words; });
    if (!known) best.push_back(std::move(caption));
    if (static_cast<std::int64_t>(best.size()) == options.n_best) break;
  }
  return best;
}

}  // namespace

std::vector<std::vector<Caption>> beam_search(std::int64_t images, const DecodeTokens& tokens,
                                              const DecodeOptions& options, const TopWords& step) {
  const auto groups = static_cast<std::size_t>(options.groups);
  std::vector<Beam> beams;  // of image i the groups i * groups and on
  StepRows rows;            // the groups of an image have the first row together
  for (std::int64_t i = 0; i < images; ++i) {
    for (std::size_t g = 0; g < groups; ++g)
      beams.emplace_back(tokens, options, static_cast<std::int32_t>(i));
    add_row(rows, static_cast<std::int32_t>(i), {}, tokens, options);
  }
  while (rows.count() > 0) {
    // A group needs its size of words that go on, and <END>. A word that is penalised gives way to the next
    // one: the words that earlier groups took are beam minus size at most.
    const StepWords next = step(rows, options.beam + 1);
    check_probabilities(next);
    rows = {};
    std::map<std::int32_t, int> taken;
    for (std::size_t first = 0; first < beams.size(); first += groups) {
      const std::span of_image = std::span(beams).subspan(first, groups);
      taken.clear();
      for (auto& beam : of_image) beam.advance(next, taken);
      // A group that is done still counts for those after it.
      if (std::all_of(of_image.begin(), of_image.end(), [](const Beam& beam) { return beam.is_done(); })) {
        for (auto& beam : of_image) beam.live().clear();
        continue;
      }
      for (auto& beam : of_image)
        for (auto& hypothesis : beam.live()) {
          const auto parent = hypothesis.row;
          hypothesis.row = static_cast<std::int32_t>(rows.count());
          add_row(rows, parent, hypothesis.words, tokens, options);
        }
    }
  }
  std::vector<std::vector<Caption>> captions;
  for (std::size_t b = 0; b < beams.size(); b += groups)
    captions.push_back(best_of(std::span(beams).subspan(b, groups), options));
  return captions;
}

}  // namespace dlcore
