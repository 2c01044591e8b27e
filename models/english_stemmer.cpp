#include "models/english_stemmer.h"

#include <libstemmer.h>

#include <limits>
#include <new>

#include "core/error.h"

namespace dlcore {

namespace {

sb_stemmer* opened(void* stemmer) {
  return static_cast<sb_stemmer*>(stemmer);
}

}  // namespace

EnglishStemmer::EnglishStemmer() : stemmer_(sb_stemmer_new("english", nullptr)) {
  require(stemmer_ != nullptr, "libstemmer has no English stemmer");
}

void EnglishStemmer::Free::operator()(void* stemmer) const {
  sb_stemmer_delete(opened(stemmer));
}

std::string EnglishStemmer::operator()(std::string_view word) const {
  require(word.size() <= std::numeric_limits<int>::max(), "a word of {} bytes has no stem", word.size());
  const auto* text = reinterpret_cast<const sb_symbol*>(word.data());
  const sb_symbol* stem = sb_stemmer_stem(opened(stemmer_.get()), text, static_cast<int>(word.size()));
  if (stem == nullptr) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(stem),
          static_cast<std::size_t>(sb_stemmer_length(opened(stemmer_.get())))};
}

}  // namespace dlcore
