// What a checkpoint remembers comes back as it was.
#include "models/saved_state.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "models/epoch_metrics.h"
#include "models/step_history.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::uint64_t bits(double number) {
  return std::bit_cast<std::uint64_t>(number);
}

struct Part {
  bool flag = false;
  std::int64_t count = 0;
  std::vector<double> numbers;
  std::string text;
  std::optional<double> maybe, never;
  Tensor tensor = Tensor::zeros({3}, DType::bfloat16);

  struct Number {
    double value = 0;
    void state(SavedState& saved) { saved.value("value", value); }
  };

  void state(SavedState& saved) {
    saved.value("flag", flag);
    saved.value("count", count);
    std::vector<Number> list;
    for (const double number : numbers) list.push_back({number});
    saved.list("numbers", list);
    numbers.clear();
    for (const Number& number : list) numbers.push_back(number.value);
    saved.value("text", text);
    saved.optional("maybe", maybe);
    saved.optional("never", never);
    saved.tensor("tensor", tensor);
  }
};

std::string save(const TemporaryDirectory& folder, SavedState& saved) {
  const std::string path = folder.file("state.safetensors");
  write_safetensors(path, saved.saved_tensors());
  return path;
}

}  // namespace

TEST_CASE("saved state: values, lists, options and tensors, bit for bit") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const TemporaryDirectory folder;
  Part part{true,
            -(std::int64_t{1} << 62),
            {0.1, -0.0, 1e-310, 0x1.fffffffffffffp1023, std::nan(""), infinity, -infinity, 3},
            "two\nlines, \"quoted\" ü",
            std::nan(""),
            std::nullopt,
            Tensor::from(std::vector<float>{1, -2, 3}, {3}).to(DType::bfloat16)};
  SavedState saved;
  saved.part("part", part);
  const SafetensorsReader file(save(folder, saved));
  SavedState back(saved.text(), file);
  Part other;
  other.never = 3;
  back.part("part", other);
  CHECK(other.flag);
  CHECK(other.count == part.count);
  REQUIRE(other.numbers.size() == 8);
  for (const std::size_t i : {0, 1, 2, 3, 5, 6, 7}) CHECK(bits(other.numbers[i]) == bits(part.numbers[i]));
  CHECK(std::isnan(other.numbers[4]));
  CHECK(other.text == part.text);
  REQUIRE(other.maybe);
  CHECK(std::isnan(*other.maybe));
  CHECK_FALSE(other.never);
  CHECK(std::memcmp(other.tensor.raw(), part.tensor.raw(), 6) == 0);
}

TEST_CASE("saved state: what is missing or of another kind is named") {
  const TemporaryDirectory folder;
  SavedState saved;
  double number = 1;
  saved.value("number", number);
  const SafetensorsReader file(save(folder, saved));
  SavedState back(saved.text(), file);
  bool flag = false;
  CHECK(lacks(error_of([&] { back.value("number", flag); }), {"'number'", "true or false"}) == "");
  CHECK(lacks(error_of([&] { back.value("flag", flag); }), {"no 'flag'", "another version"}) == "");
  CHECK(lacks(error_of([&] { back.tensor("mean", Tensor::zeros({2}, DType::float32)); }),
              {"no tensor \"mean\""}) == "");
  Part part;
  CHECK(lacks(error_of([&] { back.part("number", part); }), {"'number'", "an object"}) == "");
  SavedState whole;
  whole.part("part", part);
  const SafetensorsReader other(save(folder, whole));
  SavedState misfit(whole.text(), other);
  part.tensor = Tensor::zeros({4}, DType::bfloat16);
  CHECK(lacks(error_of([&] { misfit.part("part", part); }), {"'part.tensor'", "[3]", "[4]"}) == "");
}

TEST_CASE("saved state: a list has as many items as it says, whatever it says") {
  const TemporaryDirectory folder;
  SavedState nothing;
  const SafetensorsReader file(save(folder, nothing));
  for (const std::string size : {"1000000000000", "-1", "9223372036854775807", "1"}) {
    SavedState back(R"({"numbers": {"size": )" + size + "}}", file);
    std::vector<Part::Number> numbers;
    CHECK(lacks(error_of([&] { back.list("numbers", numbers); }),
                {"'numbers.size'", size, "there are 0 items"}) == "");
    CHECK(numbers.empty());
  }
}

namespace {

struct Row {
  bool flag = false;
  std::int64_t count = 0;
  double number = 0;
  std::optional<double> maybe = {};
  std::optional<Part::Number> nested = {};

  void state(SavedState& saved) {
    saved.value("flag", flag);
    saved.value("count", count);
    saved.value("number", number);
    saved.optional("maybe", maybe);
    saved.optional("nested", nested);
  }
};

std::vector<Row> restored(const std::string& text, const SafetensorsReader& file) {
  std::vector<Row> rows{{.count = 5}, {.count = 6}};  // which are replaced
  SavedState(text, file).table("rows", rows);
  return rows;
}

}  // namespace

TEST_CASE("saved state: a table's rows, bit for bit") {
  const TemporaryDirectory folder;
  const std::int64_t most = std::int64_t{1} << 53;
  std::vector<Row> rows{{true, most, -0.0, std::nan(""), Part::Number{0.1}},
                        {false, -most, std::numeric_limits<double>::infinity(), {}, {}},
                        {true, 0, 1e-310, 7, {}}};
  SavedState saved;
  saved.table("rows", rows);
  const SafetensorsReader file(save(folder, saved));
  const std::vector<Row> back = restored(saved.text(), file);
  REQUIRE(back.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back[i].flag == rows[i].flag);
    CHECK(back[i].count == rows[i].count);
    CHECK(bits(back[i].number) == bits(rows[i].number));
    CHECK(back[i].maybe.has_value() == rows[i].maybe.has_value());
    CHECK(back[i].nested.has_value() == rows[i].nested.has_value());
  }
  CHECK(std::isnan(*back[0].maybe));
  CHECK(*back[2].maybe == 7);
  CHECK(back[0].nested->value == 0.1);

  std::vector<Row> none;
  SavedState empty;
  empty.table("rows", none);
  CHECK(empty.saved_tensors().empty());
  CHECK(restored(empty.text(), file).empty());
}

TEST_CASE("saved state: a table that is another one, or claims more than there is") {
  const TemporaryDirectory folder;
  std::vector<Row> rows(2);
  SavedState saved;
  saved.table("rows", rows);
  const std::string text = saved.text();
  const SafetensorsReader file(save(folder, saved));
  const auto error_with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return error_of([&] { restored(changed, file); });
  };
  CHECK(error_with("\"count\"", "\"count\"") == "no error");
  CHECK(
      lacks(error_with("\"count\"", "\"amount\""),
            {"the columns of 'rows' are not flag, count, number, maybe.present, maybe.value, nested.present, "
             "nested.value.value",
             "another version"}) == "");
  for (const std::string rows_claimed : {"1000000000000", "-1", "3"})
    CHECK(lacks(error_with("\"rows\":2", "\"rows\":" + rows_claimed),
                {"'rows'", "has " + rows_claimed + " rows of 7 columns"}) == "");
  CHECK(lacks(error_with("\"rows\":2", "\"rows\":\"2\""), {"'rows.rows' should be an integer"}) == "");

  SavedState halves;
  halves.tensor("rows", Tensor::from(std::vector<double>(14, 0.5), {2, 7}));
  const SafetensorsReader other(save(folder, halves));
  CHECK(lacks(error_of([&] { restored(text, other); }), {"'count' should be an integer", "0.5"}) == "");
  std::vector<Row> large{{.count = (std::int64_t{1} << 53) + 2}};
  CHECK(lacks(error_of([&] { SavedState().table("rows", large); }), {"'count'", "up to 2^53"}) == "");
  std::vector<Part> parts(1);
  CHECK(lacks(error_of([&] { SavedState().table("parts", parts); }), {"which a table does not have"}) == "");
}

TEST_CASE("saved state: a history of steps goes on as it would have") {
  const TemporaryDirectory folder;
  const auto step = [](std::int64_t i) {
    return TrainingStep{
        1, i, 100, i, 100, 0.1 * static_cast<double>(i), std::nan(""), 1.0 / static_cast<double>(i), 1, 0.1};
  };
  StepHistory whole(8), begun(8), rest(8);
  for (std::int64_t i = 1; i <= 37; ++i) {
    whole.add(step(i));
    if (i <= 21) begun.add(step(i));
  }
  SavedState saved;
  saved.part("steps", begun);
  const SafetensorsReader file(save(folder, saved));
  SavedState(saved.text(), file).part("steps", rest);
  for (std::int64_t i = 22; i <= 37; ++i) rest.add(step(i));
  const auto a = whole.points(), b = rest.points();
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].epoch == b[i].epoch);
    CHECK(a[i].loss == b[i].loss);
    CHECK(a[i].gradient_norm == b[i].gradient_norm);
  }
}
