#include "io/vocabulary.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/json_text.h"

namespace dlcore {

Vocabulary::Vocabulary(std::vector<std::string> words, std::string_view where) : words_(std::move(words)) {
  require(words_.size() < (std::size_t{1} << 31), "{} has {} words, too many", where, words_.size());
  for (std::int32_t i = 0; i < size(); ++i) {
    const std::string& text = words_[static_cast<std::size_t>(i)];
    require(!text.empty(), "{}: word {} is empty", where, i);
    const auto [at, fresh] = index_.try_emplace(text, i);
    require(fresh, "{}: words {} and {} are both \"{}\"", where, at->second, i, text);
  }
  const auto find = [&](const char* name) { return contains(name) ? index_.find(name)->second : -1; };
  null_ = find("<NULL>");
  start_ = find("<START>");
  end_ = find("<END>");
  unk_ = find("<UNK>");
  for (const auto& [index, name] : {std::pair{null_, "<NULL>"}, {start_, "<START>"}, {end_, "<END>"}})
    require(index >= 0, "{} has no word {} among its {}", where, name, words_.size());
}

Vocabulary Vocabulary::from_json(std::string_view text, std::string_view where) {
  const nlohmann::json json = parse_json(text, where);
  require(json.is_object(), "{} should be a JSON object with idx_to_word, but is a JSON {}", where,
          json.type_name());
  const char* list_name = json.contains("idx_to_word") ? "idx_to_word" : "idx_to_token";
  const char* map_name = json.contains("word_to_idx") ? "word_to_idx" : "token_to_idx";
  require(json.contains(list_name), "{} has no key idx_to_word (or idx_to_token)", where);
  const nlohmann::json& list = json[list_name];
  require(list.is_array(), "{}: {} should be a list of words, but is a JSON {}", where, list_name,
          list.type_name());
  std::vector<std::string> words;
  words.reserve(list.size());
  for (const auto& word : list) {
    require(word.is_string(), "{}: {}[{}] should be a word, but is a JSON {}", where, list_name, words.size(),
            word.type_name());
    words.push_back(word.get<std::string>());
  }
  Vocabulary result(std::move(words), where);
  if (!json.contains(map_name)) return result;

  const nlohmann::json& map = json[map_name];
  require(map.is_object(), "{}: {} should map words to indices, but is a JSON {}", where, map_name,
          map.type_name());
  for (const auto& [word, index] : map.items()) {
    const auto value =
        json_integer<std::int64_t>(index, fmt::format("{}: {}[\"{}\"]", where, map_name, word));
    const auto at = result.index_.find(word);
    require(at != result.index_.end() && at->second == value,
            "{}: the two maps disagree: {} gives {} for \"{}\", and {} {}", where, map_name, value, word,
            list_name,
            at == result.index_.end() ? "lacks the word" : fmt::format("has it at {}", at->second));
  }
  for (std::int32_t i = 0; i < result.size(); ++i)
    require(map.contains(result.word(i)), "{}: the two maps disagree: {}[{}] is \"{}\", which {} lacks",
            where, list_name, i, result.word(i), map_name);
  return result;
}

Vocabulary Vocabulary::load(const std::string& path) {
  return from_json(read_file(path, std::size_t{64} << 20), path);
}

Vocabulary Vocabulary::from_uses(const std::map<std::string, std::int64_t>& uses, std::int64_t min_count,
                                 std::string_view where) {
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (const auto& [word, count] : uses)
    if (count >= min_count) order.emplace_back(count, word);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> words{"<NULL>", "<START>", "<END>", "<UNK>"};
  for (auto& [count, word] : order) words.push_back(std::move(word));
  return Vocabulary(std::move(words), where);
}

std::string Vocabulary::to_json() const {
  nlohmann::json map = nlohmann::json::object();
  for (std::int32_t i = 0; i < size(); ++i) map[word(i)] = i;
  return to_text({{"idx_to_word", words_}, {"word_to_idx", std::move(map)}});
}

const std::string& Vocabulary::word(std::int32_t index) const {
  require(index >= 0 && index < size(), "token {} is outside the vocabulary of {} words", index, size());
  return words_[static_cast<std::size_t>(index)];
}

bool Vocabulary::contains(std::string_view word) const {
  return index_.find(word) != index_.end();
}

std::int32_t Vocabulary::index(std::string_view word) const {
  const auto found = index_.find(word);
  if (found != index_.end()) return found->second;
  require(unk_ >= 0, "the word \"{}\" is not in the vocabulary, which has no <UNK> to stand for it", word);
  return unk_;
}

std::string Vocabulary::decode(std::span<const std::int32_t> tokens) const {
  std::string text;
  for (const std::int32_t token : tokens) {
    const std::string& next = word(token);
    if (token == end_) break;
    if (token == null_ || token == start_) continue;
    if (!text.empty()) text += ' ';
    text += next;
  }
  return text;
}

std::vector<std::int32_t> Vocabulary::encode(std::string_view caption) const {
  std::vector<std::int32_t> tokens{start_};
  for (std::size_t at = 0; at < caption.size();) {
    const std::size_t space = std::min(caption.find(' ', at), caption.size());
    if (space > at) tokens.push_back(index(caption.substr(at, space - at)));
    at = space + 1;
  }
  tokens.push_back(end_);
  return tokens;
}

std::string Vocabulary::difference(const Vocabulary& other) const {
  if (*this == other) return "";
  const std::int32_t common = std::min(size(), other.size());
  for (std::int32_t i = 0; i < common; ++i)
    if (word(i) != other.word(i))
      return fmt::format("word {} is \"{}\" here and \"{}\" there", i, word(i), other.word(i));
  return fmt::format("there are {} words here and {} there", size(), other.size());
}

}  // namespace dlcore
