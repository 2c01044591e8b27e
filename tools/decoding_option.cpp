#include "tools/decoding_option.h"

#include <cstdlib>
#include <limits>

#include "core/error.h"

namespace dlcore {
namespace {

constexpr const char* group = "How captions are decoded (greedily without --beam and --sample)";

// CLI11's own say "not in range 0.000000 to" and then the 309 digits of the largest number.
CLI::Validator number(const char* kind, const char* expected, bool (*right)(double)) {
  return CLI::Validator(
      [expected, right](const std::string& text) {
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        const bool whole = !text.empty() && *end == '\0';
        return whole && right(value) ? std::string() : fmt::format("expected {}, not '{}'", expected, text);
      },
      kind);
}

const CLI::Validator above_zero =
    number("POSITIVE", "a number above 0", [](double value) { return value > 0; });
const CLI::Validator from_zero =
    number("NONNEGATIVE", "a number of 0 or more", [](double value) { return value >= 0; });
const CLI::Validator share =
    number("FLOAT in [0 - 1]", "a number in 0 .. 1", [](double value) { return value >= 0 && value <= 1; });

// The first of the options that was given; nullptr where none was.
const CLI::Option* given(const std::vector<const CLI::Option*>& options) {
  for (const auto* option : options)
    if (option->count() > 0) return option;
  return nullptr;
}

void refuse(const std::vector<const CLI::Option*>& options, const std::string& why) {
  const CLI::Option* option = given(options);
  require(option == nullptr, "{} {}", option == nullptr ? "" : option->get_name(), why);
}

}  // namespace

void DecodingOptions::add_to(CLI::App& app) {
  app.add_option("--max-length", decode_.max_length, "Words of a caption at most")
      ->check(above_zero)
      ->capture_default_str()
      ->group(group);
  const auto add = [&](std::vector<const CLI::Option*>& list, const std::string& name, auto& value,
                       const std::string& description, const CLI::Validator& validator) {
    list.push_back(
        app.add_option(name, value, description)->check(validator)->capture_default_str()->group(group));
  };
  const auto flag = [&](const std::string& name, bool& value, const std::string& description) {
    const CLI::Option* option = app.add_flag(name, value, description)->group(group);
    if (name != "--sample") any_.push_back(option);
    return option;
  };
  add(any_, "--min-length", decode_.min_length, "Words of a caption at least", from_zero);
  flag("--no-unk", no_unk_, "No <UNK> in captions");
  add(any_, "--no-repeat-ngram", decode_.no_repeat_ngram,
      "So many words in a row come only once in a caption; 0: however often", from_zero);
  add(any_, "--n-best", decode_.n_best,
      "Captions of each image, with their scores: the best ones of --beam, or so many of --sample",
      above_zero);
  add(any_, "--neighbors", neighbors_,
      "Of the beam's hypotheses, or of the captions that were drawn, those come first that agree best with "
      "the "
      "captions of so many training images that are most like this one; the score is that agreement (0 to "
      "10)",
      from_zero);
  flag("--log-probs", decode_.log_probabilities,
       "Also the natural logarithm of each word's probability, and of <END>'s");
  add(of_beam_, "--beam", decode_.beam, "Beam search that follows so many hypotheses", above_zero);
  add(of_beam_, "--length-penalty", decode_.length_penalty,
      "Beam search: alpha of score = log-probability / length^alpha; 0.7 or 1 favours longer captions",
      from_zero);
  add(of_beam_, "--groups", decode_.groups, "Beam search: groups of hypotheses that are to differ",
      above_zero);
  add(of_beam_, "--diversity", decode_.diversity,
      "Beam search: what a word loses of its log-probability for each earlier group's use of it", from_zero);
  flag("--sample", decode_.sample, "Draw each word by its probability");
  add(of_sampling_, "--temperature", decode_.temperature,
      "Sampling: below 1 probable words become more probable, above 1 less", above_zero);
  add(of_sampling_, "--top-k", decode_.top_k, "Sampling: of the so many most probable words; 0: of all",
      from_zero);
  add(of_sampling_, "--top-p", decode_.top_p,
      "Sampling: of the fewest most probable words that have this share of the probability", share);
  add(of_sampling_, "--seed", decode_.seed,
      "Sampling: an image has the same captions for the same seed, whatever is captioned with it", from_zero);
}

void DecodingOptions::add_fixed_length_to(CLI::App& app) {
  app.add_flag("--fixed-length", fixed_length_,
               "The report's mode: always --max-length greedy steps, the raw words with <START> in front")
      ->group(group);
}

void DecodingOptions::check() const {
  if (fixed_length_) {
    const std::string why = "does not go with --fixed-length, which is plain greedy decoding";
    refuse(any_, why);
    refuse(of_beam_, why);
    refuse(of_sampling_, why);
    require(!decode_.sample, "--sample {}", why);
  }
  if (decode_.sample)
    refuse(of_beam_, "is of beam search and does not go with --sample");
  else
    refuse(of_sampling_, "is of sampling: give --sample too");
  if (decode_.beam == 1) {
    refuse({of_beam_.begin() + 1, of_beam_.end()}, "needs a --beam of 2 or more");
    require(decode_.n_best == 1 || decode_.sample, "--n-best {0} needs a --beam of {0} or more, or --sample",
            decode_.n_best);
  }
  require(neighbors_ == 0 || decode_.beam > 1 || decode_.n_best > 1,
          "--neighbors chooses among captions: it needs a --beam of 2 or more, or --sample with --n-best");
  decode_.check(std::numeric_limits<std::int64_t>::max());
}

DecodeOptions DecodingOptions::of(const Vocabulary& vocabulary) const {
  DecodeOptions options = decode_;
  if (no_unk_ && vocabulary.unk() >= 0) options.suppressed = {vocabulary.unk()};
  return options;
}

}  // namespace dlcore
