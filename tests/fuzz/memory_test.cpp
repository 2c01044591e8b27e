// The memory that the headers of readers state is enough for files made to need as much as can be.
#include <fmt/format.h>
#include <malloc.h>

#include <functional>

#include "io/atomic_file.h"
#include "io/caption_annotations.h"
#include "io/caption_results.h"
#include "io/safetensors.h"
#include "io/vocabulary.h"
#include "models/config.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/fuzz/peak_memory.h"
#include "tests/sanitized.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const TemporaryDirectory& folder() {
  static const TemporaryDirectory instance;
  return instance;
}

// MiB that `read` takes at most, whether it accepts the file or not.
long memory_of(const std::function<void()>& read) {
  malloc_trim(0);
  forget_peak();
  const long before = peak_mib();
  error_of(read);
  return peak_mib() - before;
}

std::string repeated(const std::string& text, std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += text;
  return all;
}

std::string between(const char* begin, const std::string& text, const char* end) {
  return fmt::format("{}{}{}", begin, text, end);
}

std::string numbered(std::size_t bytes, const std::function<std::string(std::size_t)>& item) {
  std::string all;
  for (std::size_t i = 0; all.size() < bytes; ++i) all += item(i);
  all.pop_back();  // the last comma
  return all;
}

}  // namespace

TEST_CASE("fuzz: hostile files take no more memory than the headers say") {
  if (sanitized) DLCORE_SKIP("the sanitizer takes memory of its own");
  constexpr std::size_t size = 4 << 20;
  const std::string path = folder().file("input");
  const auto file = [&](const std::string& text) { write_file_atomically(path, text); };

  for (const std::string& text :
       {repeated("[", size), between("[", numbered(size, [](std::size_t) { return "{},"; }), "]"),
        between("[",
                numbered(size, [](std::size_t i) { return fmt::format(R"({{"row":{},"caption":""}},)", i); }),
                "]")}) {
    file(text);
    CHECK(memory_of([&] { read_caption_results(path); }) <= 32L * 4);
  }
  file(
      between(R"({"images":[)",
              numbered(size, [](std::size_t i) { return fmt::format(R"({{"id":{},"file_name":"a"}},)", i); }),
              R"(],"annotations":[{"image_id":0,"caption":"a"}]})"));
  CHECK(memory_of([&] { read_caption_annotations(path); }) <= 64L * 4);
  file(numbered(size, [](std::size_t i) { return std::to_string(i) + ",\n"; }));
  CHECK(memory_of([&] { read_caption_annotations(path); }) <= 64L * 4);

  for (const std::string& text :
       {repeated("[", size), between(R"({"idx_to_word":[)", repeated("\"\",", size), R"(""]})"),
        between("{", numbered(size, [](std::size_t i) { return fmt::format("\"{}\":1,", i); }), "}")}) {
    file(text);
    CHECK(memory_of([&] { Vocabulary::load(path); }) <= 100L * 4);
  }
  for (const std::string& header :
       {between(R"({"a":{"shape":[)", repeated("0,", size), "0]}}"),
        between("{", numbered(size, [](std::size_t i) { return fmt::format("\"{}\":{{}},", i); }), "}")}) {
    std::string whole(8, '\0');
    for (int i = 0; i < 8; ++i)
      whole[static_cast<std::size_t>(i)] = static_cast<char>(header.size() >> (8 * i));
    file(whole + header);
    CHECK(memory_of([&] { SafetensorsReader reader(path); }) <= 32L * 4);
  }
  for (const std::string item : {"[", "- ", "a,", "? ", "a: 1\n", "{a,"}) {
    file("model: [" + repeated(item, (256 << 10) - 100));
    CHECK(memory_of([&] { load_config(path, {}); }) <= 500 / 4);
    file(repeated(item, (256 << 10) - 100));
    CHECK(memory_of([&] { load_config(path, {}); }) <= 500 / 4);
  }
}
