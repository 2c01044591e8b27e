// The words of a captioner and their indices.
//
// As JSON: {"idx_to_word": ["<NULL>", "<START>", "<END>", "<UNK>", "a", ...], "word_to_idx": {"a": 4, ...}}.
// The names idx_to_token and token_to_idx are read too; word_to_idx may be left out.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dlcore {

class Vocabulary {
 public:
  /// words[i] has index i. Error when a word is empty or there twice, or when <NULL>, <START> or <END> is
  /// missing. `where` names the source in messages.
  explicit Vocabulary(std::vector<std::string> words, std::string_view where = "the vocabulary");
  /// Error also for what is not such JSON and for two maps that disagree. Takes at most 100 times the text's
  /// bytes while it reads them; load() takes a file of up to 64 MiB.
  static Vocabulary from_json(std::string_view text, std::string_view where = "the vocabulary");
  static Vocabulary load(const std::string& path);
  /// <NULL>, <START>, <END>, <UNK>, then the words that are used at least `min_count` times, by falling use
  /// and then by their bytes.
  static Vocabulary from_uses(const std::map<std::string, std::int64_t>& uses, std::int64_t min_count = 1,
                              std::string_view where = "the vocabulary");

  std::string to_json() const;

  std::int32_t size() const { return static_cast<std::int32_t>(words_.size()); }
  const std::vector<std::string>& words() const { return words_; }
  const std::string& word(std::int32_t index) const;  // Error outside 0 .. size()-1
  bool contains(std::string_view word) const;
  std::int32_t index(std::string_view word) const;  // unknown: unk(); Error where there is no <UNK>

  std::int32_t null() const { return null_; }
  std::int32_t start() const { return start_; }
  std::int32_t end() const { return end_; }
  std::int32_t unk() const { return unk_; }  // -1 where there is no <UNK>

  /// Words joined by spaces: <NULL> and <START> are left out, <END> ends it, <UNK> stays. Error for a token
  /// outside the vocabulary.
  std::string decode(std::span<const std::int32_t> tokens) const;
  /// <START>, the words of `caption` (separated by spaces; unknown ones as <UNK>), <END>.
  std::vector<std::int32_t> encode(std::string_view caption) const;

  /// Empty when equal, else the first difference: "word 7 is \"dog\" here and \"cat\" there".
  std::string difference(const Vocabulary& other) const;
  friend bool operator==(const Vocabulary& a, const Vocabulary& b) { return a.words_ == b.words_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::vector<std::string> words_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> index_;
  std::int32_t null_ = -1;
  std::int32_t start_ = -1;
  std::int32_t end_ = -1;
  std::int32_t unk_ = -1;
};

}  // namespace dlcore
