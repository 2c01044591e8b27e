#include "kernels/next_words.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {
namespace {

// log(sum of exp(x)) is shift + rest; rest is NaN where there are no probabilities.
template <class A>
struct LogTotal {
  A shift, rest;
};

template <class T>
DLCORE_DEVICE inline LogTotal<Arithmetic<T>> log_total(const Team& team, const T* x, std::int64_t cols) {
  using A = Arithmetic<T>;
  const A shift = team.max(cols, [=](std::int64_t c) { return load(x[c]); });
  const A total = team.sum(cols, [=](std::int64_t c) { return exponential(load(x[c]) - shift); });
  return {shift, logarithm(total)};
}

template <class T>
DLCORE_DEVICE inline void ban(const Team& team, T* x, const std::int32_t* banned, std::int64_t count) {
  using A = Arithmetic<T>;
  team.sync();  // every member has read x before it is written
  team.each(count, [=](std::int64_t i) { store(x[banned[i]], -A(__builtin_huge_val())); });
  team.sync();
}

// Numbers from 0 to infinity as integers in the same order, and back: a bisection over these takes 31 halves,
// of double 63, however far apart the numbers are.
DLCORE_DEVICE inline std::int64_t rank_of(float x) {
  return bits_of(x);
}
DLCORE_DEVICE inline std::int64_t rank_of(double x) {
  std::int64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
DLCORE_DEVICE inline void from_rank(std::int64_t rank, float& x) {
  x = float_from_bits(static_cast<std::uint32_t>(rank));
}
DLCORE_DEVICE inline void from_rank(std::int64_t rank, double& x) {
  __builtin_memcpy(&x, &rank, sizeof x);
}

// The smallest i in first..last for which enough(i), which holds from some i on and at `last`.
template <class F>
DLCORE_DEVICE inline std::int64_t first_where(std::int64_t first, std::int64_t last, F enough) {
  while (first < last) {
    const std::int64_t middle = first + (last - first) / 2;
    if (enough(middle))
      last = middle;
    else
      first = middle + 1;
  }
  return first;
}

// The most probable words: those that are less than `most` below the largest score, and of those that are
// just as much the ones up to `last`.
template <class A>
struct Kept {
  A most;
  std::int64_t last;
  DLCORE_DEVICE bool operator()(A below, std::int64_t c) const {
    return below < most || (below == most && c <= last);
  }
};

// The fewest most probable words whose weights add up to `wanted` or more, as those of all together do.
template <class A, class Below, class Weight>
DLCORE_DEVICE inline Kept<A> keep(const Team& team, std::int64_t cols, Below below, Weight weight,
                                  double wanted) {
  const auto of_rank = [](std::int64_t rank) {
    A x = 0;
    from_rank(rank, x);
    return x;
  };
  const A most = of_rank(first_where(0, rank_of(A(__builtin_huge_val())), [=](std::int64_t rank) {
    const A tried = of_rank(rank);
    return team.sum(cols, [=](std::int64_t c) { return below(c) <= tried ? weight(c) : 0.0; }) >= wanted;
  }));
  const std::int64_t first = team.find(cols, 0, [=](std::int64_t c) { return below(c) == most; });
  if (team.find(cols, first + 1, [=](std::int64_t c) { return below(c) == most; }) == cols)
    return {most, cols};  // there is no other like it
  return {most, first_where(0, cols - 1, [=](std::int64_t last) {
            const Kept<A> kept{most, last};
            return team.sum(cols, [=](std::int64_t c) { return kept(below(c), c) ? weight(c) : 0.0; }) >=
                   wanted;
          })};
}

}  // namespace

template <class T>
void top_words(const Stream& stream, T* x, const std::int32_t* banned_begin, const std::int32_t* banned,
               std::int32_t* word, Arithmetic<T>* log_probability, std::int64_t rows, std::int64_t cols,
               std::int64_t k) {
  using A = Arithmetic<T>;
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    T* const scores = x + r * cols;
    const LogTotal<A> total = log_total(team, scores, cols);
    ban(team, scores, banned + banned_begin[r], banned_begin[r + 1] - banned_begin[r]);
    constexpr A infinity = A(__builtin_huge_val());
    const bool valid = total.rest == total.rest;
    A score = infinity;
    std::int64_t where = cols;
    for (std::int64_t j = 0; j < k; ++j) {
      if (valid && score > -infinity) {
        // The next of those that are equal to the last one, or else the first of the next smaller ones.
        where = where == cols
                    ? cols
                    : team.find(cols, where + 1, [=](std::int64_t c) { return load(scores[c]) == score; });
        if (where == cols) {
          score = team.max(
              cols, [=](std::int64_t c) { return load(scores[c]) < score ? load(scores[c]) : -infinity; });
          where = team.find(cols, 0, [=](std::int64_t c) { return load(scores[c]) == score; });
        }
      }
      if (!team.leader()) continue;
      const bool found = valid && score > -infinity;
      word[r * k + j] = found ? static_cast<std::int32_t>(where) : -1;
      log_probability[r * k + j] = valid ? (score - total.shift) - total.rest : total.rest;
    }
  });
}

template <class T>
void draw_words(const Stream& stream, T* x, const std::int32_t* banned_begin, const std::int32_t* banned,
                const double* uniform, double temperature, std::int64_t top_k, double top_p,
                Arithmetic<T>* weight, std::int32_t* word, Arithmetic<T>* log_probability, std::int64_t rows,
                std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    T* const scores = x + r * cols;
    A* const weights = weight + r * cols;
    const LogTotal<A> total = log_total(team, scores, cols);
    ban(team, scores, banned + banned_begin[r], banned_begin[r + 1] - banned_begin[r]);
    constexpr A infinity = A(__builtin_huge_val());
    const A largest = team.max(cols, [=](std::int64_t c) { return load(scores[c]); });
    if (!(total.rest == total.rest && largest > -infinity)) {
      if (team.leader()) {
        word[r] = -1;
        log_probability[r] = total.rest == total.rest ? -infinity : total.rest;
      }
      return;
    }
    const auto below = [=](std::int64_t c) { return largest - load(scores[c]); };
    team.each(cols, [=](std::int64_t c) {
      // From 1000 on all powers are 0, whatever the temperature makes of the difference.
      const double exponent = smaller(static_cast<double>(below(c)) / temperature, 1000.0);
      weights[c] = exponential(static_cast<A>(-exponent));
    });
    team.sync();
    const auto weight_of = [=](std::int64_t c) { return static_cast<double>(weights[c]); };
    Kept<A> kept{infinity, cols};
    if (0 < top_k && top_k < cols) {
      const auto one = [=](std::int64_t c) { return below(c) < infinity ? 1.0 : 0.0; };
      const auto wanted = static_cast<double>(top_k);
      if (wanted < team.sum(cols, one)) kept = keep<A>(team, cols, below, one, wanted);
    }
    // Sums up to any word are added in one order, so that they rise from word to word; most of the zeros
    // after it, whose adding changes nothing, are left out.
    const auto weight_up_to = [=](Kept<A> of, std::int64_t last) {
      constexpr std::int64_t step = 512;  // a whole number of the blocks, or rounds of threads, of team.sum
      return team.sum(smaller(cols, (last / step + 1) * step),
                      [=](std::int64_t c) { return c <= last && of(below(c), c) ? weight_of(c) : 0.0; });
    };
    if (top_p < 1) kept = keep<A>(team, cols, below, weight_of, top_p * weight_up_to(kept, cols));
    const double wanted = uniform[r] * weight_up_to(kept, cols);
    const std::int64_t chosen =
        first_where(0, cols - 1, [=](std::int64_t last) { return weight_up_to(kept, last) > wanted; });
    if (!team.leader()) return;
    word[r] = static_cast<std::int32_t>(chosen);
    log_probability[r] = (load(scores[chosen]) - total.shift) - total.rest;
  });
}

DLCORE_INSTANTIATE(top_words)
DLCORE_INSTANTIATE(draw_words)

}  // namespace dlcore::kernels::DLCORE_TARGET
