// Damaged and hostile pictures: an Error or a picture, and quickly.
#include "core/random.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/image_files.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr ImageLimits small{4'000'000};

std::string error(const std::string& bytes) {
  return error_of([&] { decode(bytes); });
}

// Empty unless something else came than a picture or an Error of one line.
std::string trouble(const std::string& bytes) {
  Image image;
  const std::string message = error_of([&] { image = decode(bytes, small); });
  if (message != "no error") return lacks(message, {"a.pic"});
  const bool whole = image.height > 0 && image.width > 0 &&
                     image.pixels.size() == static_cast<std::size_t>(3 * image.height * image.width);
  return whole ? "" : "a picture with the wrong number of bytes";
}

// "gray.jpg" as a progressive file: its tables, and a scan for each (coefficient, bit) after the first, all
// of which leave the 2 x 3 blocks as they are: with the standard tables 00 is a difference of 0 and 1010 the
// end of a block.
std::string progressive_file(int coefficients, bool second_bit) {
  std::string file = golden_image("gray.jpg");
  file[find_segment(file, 0xc0) + 1] = '\xc2';
  file.resize(find_segment(file, 0xda));
  const auto scan = [&](int coefficient, int bits, const std::string& data) {
    file += std::string("\xff\xda\0\x8\1\1\0", 7);
    file +=
        std::string{static_cast<char>(coefficient), static_cast<char>(coefficient), static_cast<char>(bits)};
    file += data;
  };
  scan(0, 0, std::string("\0\xf", 2));
  for (int i = 1; i <= coefficients; ++i) scan(i, second_bit ? 0x01 : 0x00, "\xaa\xaa\xaa");
  for (int i = 1; i <= coefficients && second_bit; ++i) scan(i, 0x10, "\xaa\xaa\xaa");
  return file + "\xff\xd9";
}

}  // namespace

TEST_CASE("image: a file cut off anywhere is an error") {
  for (const std::string& name : golden_image_names()) {
    const std::string whole = golden_image(name);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const std::string message = error(whole.substr(0, length));
      if (message == "no error" || lacks(message, {"a.pic"}) != "") {
        INFO(name << " cut to " << length << " of " << whole.size());
        CHECK(message == "an error");
      }
    }
  }
  const std::string half = golden_image("baseline.jpg");
  CHECK(lacks(error(half.substr(0, half.size() - 40)), {"a.pic is a damaged JPEG file", "Premature end"}) ==
        "");
  CHECK(lacks(error(golden_image("rgb8.png").substr(0, 80)), {"a.pic is a damaged PNG file", "truncated"}) ==
        "");
}

TEST_CASE("image: changed bytes give an error or a picture") {
  Random random(11);
  const std::vector<std::string> names = golden_image_names();
  for (int i = 0; i < 6000; ++i) {
    const std::string& name = names[static_cast<std::size_t>(i) % names.size()];
    std::string bad = golden_image(name);
    for (std::int64_t k = random.below(4); k >= 0; --k)
      bad[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bad.size())))] =
          static_cast<char>(random.below(256));
    // Else hardly a damaged PNG file gets beyond the sums of its chunks.
    if (i % 2 == 0 && name.ends_with("png")) bad = with_sums(bad);
    const std::string wrong = trouble(bad);
    if (wrong != "") {
      INFO(name << ", variant " << i);
      CHECK(wrong == "");
    }
  }
}

TEST_CASE("image: data that is missing inside a file is an error, not grey") {
  const std::string file = golden_image("restarts.jpg");
  const std::size_t scan = find_segment(file, 0xda);
  std::string cut = file;
  cut.erase(scan + 20, 25);
  CHECK(lacks(error(cut), {"a.pic is a damaged JPEG file", "Corrupt JPEG data"}) == "");

  // Only the first of three components has a scan, and the file ends as it should.
  std::string gray = golden_image("baseline.jpg");
  gray[find_segment(gray, 0xc0) + 1] = '\xc2';
  gray.resize(find_segment(gray, 0xda));
  gray += std::string("\xff\xda\0\x8\1\1\0\0\0\0\0\xf\xff\xd9", 14);
  CHECK(lacks(error(gray), {"a.pic", "no data for component 1"}) == "");
}

TEST_CASE("image: pictures that are too large are refused before they are decoded") {
  std::string png = golden_image("rgba16.png");
  png.replace(16, 8, big_endian(60000, 4) + big_endian(60000, 4));
  CHECK(lacks(error(with_sums(png)), {"a.pic claims 60000 x 60000 pixels", "limit of 100000000"}) == "");
  png.replace(16, 8, big_endian(0x7fffffff, 4) + big_endian(0x7fffffff, 4));
  CHECK(lacks(error(with_sums(png)), {"a.pic claims 2147483647 x 2147483647"}) == "");
  png.replace(16, 8, big_endian(0xffffffff, 4) + big_endian(0, 4));
  CHECK(lacks(error(with_sums(png)), {"a.pic is a damaged PNG file"}) == "");

  for (const std::string name : {"baseline.jpg", "progressive.jpg", "cmyk_adobe.jpg"}) {
    std::string jpeg = golden_image(name);
    const std::size_t size = find_segment(jpeg, name[0] == 'p' ? 0xc2 : 0xc0) + 5;
    jpeg.replace(size, 4, big_endian(65500, 2) + big_endian(65500, 2));
    CHECK(lacks(error(jpeg), {"a.pic claims 65500 x 65500 pixels"}) == "");
    jpeg.replace(size, 4, big_endian(0, 2) + big_endian(20, 2));
    CHECK(lacks(error(jpeg), {"a.pic is a damaged JPEG file"}) == "");
  }

  const std::string file = golden_image("baseline.jpg");  // 17 x 9
  CHECK(error_of([&] { decode(file, {153}); }) == "no error");
  CHECK(lacks(error_of([&] { decode(file, {152}); }), {"17 x 9 pixels", "152"}) == "");
}

TEST_CASE("image: a JPEG file with very many scans is refused") {
  CHECK(error(progressive_file(63, false)) == "no error");
  const Image image = decode(progressive_file(49, true));
  CHECK(image.pixels == std::vector<std::uint8_t>(3 * 9 * 17, 128));
  CHECK(lacks(error(progressive_file(63, true)), {"a.pic", "more than 100 scans"}) == "");
}
