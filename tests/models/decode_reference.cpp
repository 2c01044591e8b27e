#include "tests/models/decode_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "core/random.h"

namespace dlcore::test {
namespace {

constexpr std::int32_t null = 0, start = 1, end = 2;

using Matrix = std::vector<double>;

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

void log_softmax(std::vector<double>& scores) {
  const double shift = *std::max_element(scores.begin(), scores.end());
  double total = 0;
  for (const double score : scores) total += std::exp(score - shift);
  for (double& score : scores) score -= shift + std::log(total);
}

// y += x W.  W: (in, out)
void add_product(const std::vector<double>& x, const Matrix& w, std::vector<double>& y) {
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t o = 0; o < y.size(); ++o) y[o] += x[i] * w[i * y.size() + o];
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

bool may_follow(const Words& words, std::int32_t word, const DecodeOptions& options) {
  if (word == null || word == start) return false;
  for (const auto never : options.suppressed)
    if (word == never) return false;
  if (word == end) return static_cast<std::int64_t>(words.size()) >= options.min_length;
  Words longer = words;
  longer.push_back(word);
  return allowed({longer, {}}, options);
}

double score_of(const Caption& caption, double length_penalty) {
  double total = 0;
  for (const double value : caption.log_probabilities) total += value;
  return total / std::pow(static_cast<double>(caption.log_probabilities.size()), length_penalty);
}

void enumerate(const NextLogs& next, const DecodeOptions& options, Caption& caption,
               std::vector<Caption>& all) {
  const auto logs = next(caption.words);
  for (std::int32_t word = 0; at(word) < logs.size(); ++word) {
    if (!may_follow(caption.words, word, options)) continue;
    Caption longer = caption;
    if (word != end) longer.words.push_back(word);
    longer.log_probabilities.push_back(logs[at(word)]);
    longer.score = score_of(longer, options.length_penalty);
    if (word == end || static_cast<std::int64_t>(longer.words.size()) == options.max_length)
      all.push_back(longer);
    else
      enumerate(next, options, longer, all);
  }
}

bool better(const Caption& a, const Caption& b) {
  return a.score > b.score;
}

}  // namespace

NextLogs made_up(std::int64_t V, std::uint64_t seed, double spread) {
  return [=](const Words& words) {
    std::uint64_t place = 1;
    for (const auto word : words) place = place * 131 + static_cast<std::uint64_t>(word) + 1;
    Random random(seed, place);
    std::vector<double> scores(at(V));
    for (double& score : scores) score = spread * random.normal();
    log_softmax(scores);
    return scores;
  };
}

NextLogs next_logs_of(const CaptioningRNN& captioner, const std::vector<double>& features) {
  const auto values = [&](const std::string& name) {
    return captioner.parameters().find(name).value.to_vector<double>();
  };
  const auto W = at(captioner.config().wordvec_dim), H = at(captioner.config().hidden_dim);
  std::vector<double> h0 = values("project.bias");
  add_product(features, values("project.weight"), h0);
  return [=, embed = values("embed.weight"), wx = values("cell.Wx"), wh = values("cell.Wh"),
          b = values("cell.b"), weight = values("score.weight"),
          bias = values("score.bias")](const Words& words) {
    std::vector<double> h = h0, c(H, 0.0);
    for (std::size_t t = 0; t <= words.size(); ++t) {
      const std::size_t word = at(t == 0 ? start : words[t - 1]);
      std::vector<double> a = b;
      add_product({embed.begin() + static_cast<std::ptrdiff_t>(word * W),
                   embed.begin() + static_cast<std::ptrdiff_t>((word + 1) * W)},
                  wx, a);
      add_product(h, wh, a);
      for (std::size_t k = 0; k < H; ++k) {
        if (b.size() == H) {
          h[k] = std::tanh(a[k]);
          continue;
        }
        c[k] = sigmoid(a[H + k]) * c[k] + sigmoid(a[k]) * std::tanh(a[3 * H + k]);
        h[k] = sigmoid(a[2 * H + k]) * std::tanh(c[k]);
      }
    }
    std::vector<double> scores = bias;
    add_product(h, weight, scores);
    log_softmax(scores);
    return scores;
  };
}

std::vector<double> logs_of(const Words& words, const NextLogs& next, std::int64_t max_length) {
  std::vector<double> logs;
  Words before;
  for (const auto word : words) {
    logs.push_back(next(before)[at(word)]);
    before.push_back(word);
  }
  if (static_cast<std::int64_t>(words.size()) < max_length) logs.push_back(next(before)[at(end)]);
  return logs;
}

bool allowed(const Caption& caption, const DecodeOptions& options) {
  const Words& words = caption.words;
  const auto length = static_cast<std::int64_t>(words.size());
  if (caption.log_probabilities.size() > words.size() && length < options.min_length) return false;
  if (length > options.max_length) return false;
  for (const auto word : words)
    if (word == null || word == start || word == end ||
        std::find(options.suppressed.begin(), options.suppressed.end(), word) != options.suppressed.end())
      return false;
  std::set<Words> seen;
  const std::int64_t n = options.no_repeat_ngram;
  for (std::int64_t first = 0; n > 0 && first + n <= length; ++first)
    if (!seen.insert(Words(words.begin() + first, words.begin() + first + n)).second) return false;
  return true;
}

std::vector<Caption> all_captions(const NextLogs& next, const DecodeOptions& options) {
  std::vector<Caption> all;
  Caption empty;
  enumerate(next, options, empty, all);
  std::stable_sort(all.begin(), all.end(), better);
  return all;
}

std::vector<Caption> plain_beam_search(const NextLogs& next, const DecodeOptions& options) {
  struct Candidate {
    Caption caption;
    double order;
    bool ends;
  };
  const std::size_t size = at(options.beam / options.groups);
  std::vector<std::vector<Caption>> live(at(options.groups), {Caption{}});
  std::vector<Caption> finished;
  for (std::int64_t t = 1; t <= options.max_length; ++t) {
    std::map<std::int32_t, int> taken;
    for (auto& group : live) {
      std::vector<Candidate> candidates;
      for (const auto& from : group) {
        const auto logs = next(from.words);
        for (std::int32_t word = 0; at(word) < logs.size(); ++word) {
          if (!may_follow(from.words, word, options)) continue;
          Candidate candidate{from, 0, word == end};
          if (word != end) candidate.caption.words.push_back(word);
          candidate.caption.log_probabilities.push_back(logs[at(word)]);
          candidate.order = score_of(candidate.caption, 0) - options.diversity * taken[word];
          candidate.caption.score = score_of(candidate.caption, options.length_penalty);
          candidates.push_back(candidate);
        }
      }
      std::stable_sort(candidates.begin(), candidates.end(),
                       [](const Candidate& a, const Candidate& b) { return a.order > b.order; });
      group.clear();
      for (std::size_t rank = 0; rank < candidates.size(); ++rank) {
        if (candidates[rank].ends && rank < size) finished.push_back(candidates[rank].caption);
        if (!candidates[rank].ends && group.size() < size) group.push_back(candidates[rank].caption);
      }
      if (t == options.max_length) finished.insert(finished.end(), group.begin(), group.end());
      for (const auto& caption : group) ++taken[caption.words.back()];
    }
  }
  std::stable_sort(finished.begin(), finished.end(), better);
  std::vector<Caption> best;
  std::set<Words> seen;
  for (const auto& caption : finished)
    if (best.size() < at(options.n_best) && seen.insert(caption.words).second) best.push_back(caption);
  return best;
}

StepWords MadeUpSteps::top(const StepRows& rows, std::int64_t k) {
  ++steps_;
  std::vector<Row> next_rows;
  StepWords result{k, {}, {}};
  for (std::size_t r = 0; r < rows.parent.size(); ++r) {
    Row row = steps_ == 1 ? Row{at(rows.parent[r]), {}} : rows_[at(rows.parent[r])];
    if (steps_ > 1) row.words.push_back(rows.word[r]);
    auto logs = images_[row.image](row.words);
    for (auto i = rows.banned_begin[r]; i < rows.banned_begin[r + 1]; ++i)
      logs[at(rows.banned[at(i)])] = -std::numeric_limits<double>::infinity();
    std::vector<std::int32_t> order(logs.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int32_t a, std::int32_t b) { return logs[at(a)] > logs[at(b)]; });
    for (std::int64_t j = 0; j < k; ++j) {
      const bool there = at(j) < order.size() && !(std::isinf(logs[at(order[at(j)])]));
      result.word.push_back(there ? order[at(j)] : -1);
      result.log_probability.push_back(there ? logs[at(order[at(j)])]
                                             : -std::numeric_limits<double>::infinity());
    }
    next_rows.push_back(std::move(row));
  }
  rows_ = std::move(next_rows);
  return result;
}

}  // namespace dlcore::test
