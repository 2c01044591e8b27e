#include "models/caption_words.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace dlcore {

namespace {

// Bytes of the white space that begins at `at`, by Python's str.split; 0: none does.
std::size_t white_space(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first == ' ' || (first >= 9 && first <= 13) || (first >= 28 && first <= 31);
  const unsigned second = byte(1);
  if (first == 0xC2) return second == 0x85 || second == 0xA0 ? 2 : 0;  // next line, no-break space
  const unsigned third = byte(2);
  if (first == 0xE1) return second == 0x9A && third == 0x80 ? 3 : 0;  // U+1680
  if (first == 0xE3) return second == 0x80 && third == 0x80 ? 3 : 0;  // U+3000
  if (first != 0xE2) return 0;
  if (second == 0x81) return third == 0x9F ? 3 : 0;  // U+205F
  const bool spaces = third >= 0x80 && third <= 0x8A;
  return second == 0x80 && (spaces || third == 0xA8 || third == 0xA9 || third == 0xAF) ? 3 : 0;
}

// Whether all white space is the space itself, as in nearly all captions.
bool has_plain_spaces(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::uint32_t hash_of(std::string_view word) {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
  std::uint64_t hash = word.size() * factor;
  for (std::size_t at = 0; at < word.size(); at += sizeof hash) {
    std::uint64_t part = 0;
    std::memcpy(&part, word.data() + at, std::min(sizeof part, word.size() - at));
    hash = (hash ^ part) * factor;
    hash ^= hash >> 29;
  }
  return static_cast<std::uint32_t>(hash >> 32);
}

template <class Number>
std::vector<std::int32_t> words_of(std::string_view text, Number number) {
  std::vector<std::int32_t> words;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = white_space(text, at);
    if (space > 0 && at > begin) words.push_back(number(text.substr(begin, at - begin)));
    at += space > 0 ? space : 1;
    if (space > 0) begin = at;
  }
  if (begin < text.size()) words.push_back(number(text.substr(begin)));
  return words;
}

template <class Number>
CaptionWords divided(std::string_view text, Number number) {
  CaptionWords result;
  result.tokens.reserve(text.size() / 4 + 1);
  bool empty = false;  // one of the tokens
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    result.tokens.push_back(number(text.substr(begin, end - begin)));
    empty = empty || end == begin;
    begin = end + 1;
  }
  result.words = !empty && has_plain_spaces(text) ? result.tokens : words_of(text, number);
  return result;
}

}  // namespace

std::size_t WordNumbers::slot_of(std::string_view word, std::uint32_t hash) const {
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at].number >= 0 && (slots_[at].hash != hash || text_of(slots_[at].number) != word))
    at = (at + 1) & (slots_.size() - 1);
  return at;
}

void WordNumbers::grow() {
  const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(4 * slots_.size()));
  for (const Slot& slot : before) {
    if (slot.number < 0) continue;
    std::size_t at = slot.hash & (slots_.size() - 1);
    while (slots_[at].number >= 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

CaptionWords WordNumbers::add(std::string_view tokenized) {
  return divided(tokenized, [&](std::string_view word) {
    const std::uint32_t hash = hash_of(word);
    const Slot known = slots_[slot_of(word, hash)];
    if (known.number >= 0) return known.number;
    if (2 * (ends_.size() + 1) > slots_.size()) grow();
    const std::int32_t number = size();
    texts_ += word;
    ends_.push_back(texts_.size());
    slots_[slot_of(word, hash)] = {hash, number};
    return number;
  });
}

CaptionWords WordNumbers::look_up(std::string_view tokenized) const {
  std::unordered_map<std::string_view, std::int32_t> others;
  return divided(tokenized, [&](std::string_view word) {
    const Slot known = slots_[slot_of(word, hash_of(word))];
    if (known.number >= 0) return known.number;
    return others.try_emplace(word, size() + static_cast<std::int32_t>(others.size())).first->second;
  });
}

}  // namespace dlcore
