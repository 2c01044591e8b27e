// Stems of English words by Snowball's English ("Porter 2") algorithm, https://snowballstem.org.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace dlcore {

class EnglishStemmer {
 public:
  EnglishStemmer();

  /// Of a word in lower case (UTF-8): "riding" and "rides" are both "ride". Not from several threads at once.
  std::string operator()(std::string_view word) const;

 private:
  struct Free {
    void operator()(void* stemmer) const;
  };
  std::unique_ptr<void, Free> stemmer_;  // libstemmer's
};

}  // namespace dlcore
