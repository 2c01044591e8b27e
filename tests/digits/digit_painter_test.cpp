#include "tools/digits/digit_painter.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "tests/catch.h"
#include "tests/error_message.h"
#include "tools/digits/digit_strokes.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t side = 28;

using Mean = std::array<double, side * side>;

double distance(const Mean& mean, const Digit& digit) {
  double sum = 0;
  for (std::size_t i = 0; i < mean.size(); ++i)
    sum += (mean[i] - digit.pixels[i]) * (mean[i] - digit.pixels[i]);
  return sum;
}

}  // namespace

TEST_CASE("digits: everything follows from seed and index") {
  for (const std::int64_t index : {0, 1, 17}) {
    const Digit one = paint_digit(3, index, side);
    CHECK(one.pixels.size() == side * side);
    CHECK(one.pixels == paint_digit(3, index, side).pixels);
    CHECK(one.digit == paint_digit(3, index, side).digit);
    CHECK(one.pixels != paint_digit(4, index, side).pixels);
    CHECK(one.pixels != paint_digit(3, index + 1, side).pixels);
    CHECK(one.digit == paint_digit(3, index, 64).digit);  // the same digit, larger
  }
}

TEST_CASE("digits: each is as likely as the others") {
  std::array<int, digit_count> counts{};
  for (std::int64_t i = 0; i < 5000; ++i) ++counts.at(static_cast<std::size_t>(paint_digit(1, i, 8).digit));
  for (const int count : counts) CHECK((count > 400 && count < 600));  // 500, deviation 21
}

TEST_CASE("digits: the ink is brighter than most of the picture, which has room around it") {
  for (std::int64_t index = 0; index < 200; ++index) {
    std::vector<std::uint8_t> pixels = paint_digit(5, index, side).pixels;
    double border = 0, inside = 0;
    for (std::int64_t row = 0; row < side; ++row)
      for (std::int64_t column = 0; column < side; ++column) {
        const bool near = row < 2 || column < 2 || row >= side - 2 || column >= side - 2;
        (near ? border : inside) += pixels[static_cast<std::size_t>(row * side + column)];
      }
    INFO(index);
    CHECK(inside / ((side - 4) * (side - 4)) > border / (side * side - (side - 4) * (side - 4)));
    std::sort(pixels.begin(), pixels.end());
    CHECK(pixels[pixels.size() * 98 / 100] > pixels[pixels.size() / 2] + 60);
  }
}

// The nearest mean is a linear classifier: it must do better than chance, or there is nothing to see, and be
// wrong often enough that there is something to learn.
TEST_CASE("digits: means of the classes tell them apart, but not well") {
  constexpr std::int64_t training = 2000, tested = 500;
  std::array<Mean, digit_count> means{};
  std::array<double, digit_count> counts{};
  for (std::int64_t i = 0; i < training; ++i) {
    const Digit digit = paint_digit(7, i, side);
    const auto label = static_cast<std::size_t>(digit.digit);
    ++counts[label];
    for (std::size_t k = 0; k < digit.pixels.size(); ++k) means[label][k] += digit.pixels[k];
  }
  for (std::size_t label = 0; label < means.size(); ++label)
    for (double& value : means[label]) value /= counts[label];
  int right = 0;
  for (std::int64_t i = training; i < training + tested; ++i) {
    const Digit digit = paint_digit(7, i, side);
    const auto nearest = std::min_element(means.begin(), means.end(), [&](const Mean& a, const Mean& b) {
      return distance(a, digit) < distance(b, digit);
    });
    right += nearest - means.begin() == digit.digit;
  }
  CHECK(right > tested * 40 / 100);
  CHECK(right < tested * 85 / 100);
}

TEST_CASE("digits: sizes that are too small or too large") {
  CHECK(lacks(error_of([] { paint_digit(1, 0, 7); }), {"7 pixels", "8 to 512"}) == "");
  CHECK(lacks(error_of([] { paint_digit(1, 0, 513); }), {"513 pixels"}) == "");
  CHECK(paint_digit(1, 0, 8).pixels.size() == 64);
}
