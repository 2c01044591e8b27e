// TensorBoard's event files, read back by a reader of the tests' own; and the checksums and Base64 in them.
#include "io/event_file.h"

#include <cmath>
#include <cstring>
#include <numeric>

#include "io/atomic_file.h"
#include "io/base64.h"
#include "io/crc32c.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/event_reader.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("crc32c: known answers") {
  // RFC 3720, B.4; "123456789" is the catalogue's check value.
  std::string rising(32, '\0');
  std::iota(rising.begin(), rising.end(), '\0');
  const std::string falling(rising.rbegin(), rising.rend());
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xE3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
  CHECK(crc32c(rising) == 0x46DD794E);
  CHECK(crc32c(falling) == 0x113FDB5C);
  std::string text;
  for (int i = 0; i < 300; ++i) {
    CHECK(crc32c(text) == slow_crc32c(text));
    const auto half = std::string_view(text).substr(0, text.size() / 2);
    CHECK(crc32c(std::string_view(text).substr(half.size()), crc32c(half)) == crc32c(text));
    text += static_cast<char>(i * 37);
  }
  // The first 12 bytes of any file that TensorFlow writes: the record "brain.Event:2" has 24 bytes.
  CHECK(masked_crc32c(std::string("\x18\0\0\0\0\0\0\0", 8)) == 0x224B7FA3);
}

TEST_CASE("base64: known answers") {
  // RFC 4648, section 10.
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFB\xFF\xFE") == "+//+");
}

TEST_CASE("event file: scalars, texts and pictures come back, whole after each flush") {
  const TemporaryDirectory folder;
  const std::string png = encode_png({2, 3, std::vector<std::uint8_t>(18, 100)}, "a picture");
  EventFile file(folder.path().string());
  CHECK(folder.entries() == 0);
  file.flush();
  CHECK(file.path() == event_file_in(folder.path().string()));
  CHECK(is_event_file(std::filesystem::path(file.path()).filename().string()));
  CHECK_FALSE(is_event_file("metrics.csv"));
  REQUIRE(read_events(file.path()).size() == 1);
  CHECK(read_events(file.path())[0].version == "brain.Event:2");

  file.scalar(7, "loss/train", 2.25);
  file.scalar(8, "loss/train", std::nan(""));
  CHECK(read_events(file.path()).size() == 1);
  file.flush();
  CHECK(read_events(file.path()).size() == 3);
  file.text(1LL << 40, "captions", "a | b \xC3\xA9 \xE2\x82\xAC");
  file.image(0, "photo/\xFF", 2, 3, png);
  file.flush();
  const std::vector<ReadEvent> events = read_events(file.path());
  REQUIRE(events.size() == 5);
  CHECK(events[1].tag == "loss/train");
  CHECK(events[1].step == 7);
  CHECK(events[1].scalar == 2.25f);
  CHECK(events[1].wall_time > 1.6e9);
  CHECK(std::isnan(events[2].scalar));
  CHECK(events[3].step == 1LL << 40);
  CHECK(events[3].tag == "captions");
  CHECK(events[3].plugin == "text");
  CHECK(events[3].text == "a | b \xC3\xA9 \xE2\x82\xAC");
  CHECK(events[4].tag == "photo/\xEF\xBF\xBD");
  CHECK(events[4].height == 2);
  CHECK(events[4].width == 3);
  CHECK(events[4].encoded == png);
}

TEST_CASE("event file: the tests' reader sees damage") {
  const TemporaryDirectory folder;
  {
    EventFile file(folder.path().string());
    file.scalar(1, "x", 1);
    file.flush();
  }
  const std::string path = event_file_in(folder.path().string()), whole = read_file(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write_file_atomically(path, damaged);
    CHECK_THROWS(read_events(path));
  }
  write_file_atomically(path, whole.substr(0, whole.size() - 1));
  CHECK_THROWS(read_events(path));
}

TEST_CASE("event file: a folder that is not there is an error") {
  const TemporaryDirectory folder;
  CHECK(lacks(error_of([&] { EventFile(folder.file("none")).flush(); }),
              {"cannot write", folder.file("none") + "/events.out.tfevents.", "No such file"}) == "");
}

TEST_CASE("event file: one goes on where an earlier one was, without what came after") {
  const TemporaryDirectory folder;
  std::string path;
  std::int64_t size = 0;
  {
    EventFile file(folder.path().string());
    CHECK(file.size() == 0);
    file.scalar(1, "loss", 3);
    file.flush();
    path = file.path();
    size = file.size();
    file.scalar(2, "loss", 7);
    file.flush();
  }
  EventFile file(folder.path().string());
  CHECK_FALSE(file.go_on(path + "x", size));
  CHECK_FALSE(file.go_on(path, 100000));
  REQUIRE(file.go_on(path, size));
  file.scalar(2, "loss", 5);
  file.flush();
  const std::vector<ReadEvent> events = read_events(event_file_in(folder.path().string()));
  REQUIRE(events.size() == 3);
  CHECK(events[1].scalar == 3);
  CHECK(events[2].scalar == 5);
  CHECK(file.size() == static_cast<std::int64_t>(std::filesystem::file_size(path)));
}
