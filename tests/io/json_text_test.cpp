// Numbers of JSON are what they are, or are refused; so is what would end the stack.
#include "io/json_text.h"

#include <cstdint>

#include "tests/catch.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

template <class T>
T integer(const char* text) {
  return json_integer<T>(nlohmann::json::parse(text), "a.json: n");
}

}  // namespace

TEST_CASE("JSON: an integer is taken where its type holds it") {
  CHECK(integer<std::int32_t>("2147483647") == 2147483647);
  CHECK(integer<std::int32_t>("-2147483648") == INT32_MIN);
  CHECK(integer<std::int64_t>("-9223372036854775808") == INT64_MIN);
  CHECK(integer<std::int64_t>("9223372036854775807") == INT64_MAX);
  CHECK(integer<std::uint64_t>("18446744073709551615") == UINT64_MAX);
  CHECK(json_integers(nlohmann::json::parse("[3, 0, -4]"), "n") == std::vector<std::int64_t>{3, 0, -4});
  CHECK(json_integers(nlohmann::json::parse("[]"), "n").empty());
}

TEST_CASE("JSON: what is no integer, or too large for its type, is refused by its name") {
  const auto refused = [](auto read, const char* expected, const char* found) {
    return lacks(error_of(read), {"a.json: n should be an integer", expected, found});
  };
  const char* const in_range = "an integer in range, but is ";
  CHECK(refused([] { integer<std::int32_t>("2147483648"); }, in_range, "2147483648") == "");
  CHECK(refused([] { integer<std::int32_t>("-2147483649"); }, in_range, "-2147483649") == "");
  CHECK(refused([] { integer<std::int64_t>("9223372036854775808"); }, in_range, "9223372036854775808") == "");
  CHECK(refused([] { integer<std::uint64_t>("-1"); }, in_range, "-1") == "");
  CHECK(refused([] { integer<std::int64_t>("3.7e+45"); }, in_range, "3.7e+45") == "");
  CHECK(refused([] { integer<std::int64_t>("1.5"); }, in_range, "1.5") == "");
  CHECK(refused([] { integer<std::int64_t>("\"7\""); }, "an integer, but is ", "\"7\"") == "");
  CHECK(refused([] { integer<std::int64_t>("true"); }, "an integer, but is ", "true") == "");
  CHECK(lacks(error_of([] { json_integers(nlohmann::json::parse("{\"a\": 1}"), "shape"); }),
              {"shape should be a list of integers, but is {\"a\":1}"}) == "");
  CHECK(lacks(error_of([] { json_integers(nlohmann::json::parse("[1, 2.5]"), "shape"); }),
              {"shape should be an integer in range, but is 2.5"}) == "");
}

TEST_CASE("JSON: lists and objects a million deep are refused, not copied recursively") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse_json(nested(100), "a.json").is_array());
  CHECK(lacks(error_of([&] { parse_json(nested(101), "a.json"); }), {"a.json", "more than 100 deep"}) == "");
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += "{\"a\":";
    return text + "1" + std::string(1'000'000, '}');
  }();
  CHECK(lacks(error_of([&] { parse_json(objects, "a.json"); }), {"a.json", "more than 100 deep"}) == "");
  CHECK_FALSE(parse_json_if_valid(objects).is_object());
  CHECK_FALSE(parse_json_if_valid("{").is_object());
  CHECK(parse_json_if_valid("{}").is_object());
}
