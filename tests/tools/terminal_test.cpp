// What programs print on a terminal, and elsewhere.
#include "tools/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <sstream>
#include <thread>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"
#include "tools/progress.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

/// An environment variable for as long as this lives; nothing: not there.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* old = getenv(name)) old_ = old;
    set(value);
  }
  ~Variable() { set(old_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) const {
    if (value)
      setenv(name_, value->c_str(), 1);
    else
      unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> old_;
};

/// What a program prints on a terminal of so many columns.
std::string on_terminal(const std::string& name, const std::vector<std::string>& arguments,
                        unsigned short columns) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(master >= 0);
  REQUIRE(grantpt(master) == 0);
  REQUIRE(unlockpt(master) == 0);
  const std::string path = ptsname(master);
  const int slave = open(path.c_str(), O_RDWR | O_NOCTTY);  // keeps it until the program has ended
  REQUIRE(slave >= 0);
  winsize size{};
  size.ws_col = columns;
  size.ws_row = 25;
  REQUIRE(ioctl(slave, TIOCSWINSZ, &size) == 0);
  std::string text;
  std::thread reader([&] {
    char buffer[4096];
    for (ssize_t got = 0; (got = read(master, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
  });
  const ProgramResult result = run_program(name, arguments, path);
  close(slave);
  reader.join();
  close(master);
  INFO(result.err);
  REQUIRE(result.code == 0);
  return text;
}

/// Without colours.
std::string bare(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\033[") == 0) {
      const auto end = text.find_first_not_of("0123456789;", i + 2);
      if (end != std::string::npos && text[end] == 'm') {
        i = end;
        continue;
      }
    }
    plain += text[i];
  }
  return plain;
}

/// Characters, not bytes.
std::size_t width(const std::string& utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The texts that were drawn over each other.
std::vector<std::string> drawn_lines(const std::string& text) {
  const std::string again = "\r\033[K";
  std::vector<std::string> lines;
  for (auto at = text.find(again); at != std::string::npos; at = text.find(again, at + 1)) {
    const auto from = at + again.size();
    const std::string line = text.substr(from, text.find('\r', from) - from);
    if (!line.empty() && line.find("epoch   ") == std::string::npos) lines.push_back(line);
  }
  return lines;
}

struct Training {
  TemporaryDirectory folder;
  std::vector<std::string> arguments{folder.file("config.yaml"), "--device", "cpu", "--overwrite", "--out",
                                     folder.file("run")};

  Training() {
    if (run_program("prepare", {"scenes", "--out", folder.file("scenes.h5"), "--count", "100"}).code != 0)
      throw std::runtime_error("no data to test with");
    write_file_atomically(
        folder.file("config.yaml"),
        "model:\n  wordvec_dim: 16\n  hidden_dim: 24\ndata:\n  root: " + folder.path().string() +
            "\n  file: scenes.h5\ntrain:\n  epochs: 3\n  batch: 10\n");
  }
  std::vector<std::string> with(const std::string& more) const {
    std::vector<std::string> all = arguments;
    all.push_back(more);
    return all;
  }
};

}  // namespace

TEST_CASE("terminal: a bar fits into a line") {
  Terminal terminal{.redraws = true, .colours = false, .utf8 = false, .columns = 60};
  CHECK(progress_bar(0, 4, "text", terminal) == "[" + std::string(24, ' ') + "] 0/4  text");
  CHECK(progress_bar(2, 4, "text", terminal) ==
        "[" + std::string(12, '=') + std::string(12, ' ') + "] 2/4  text");
  CHECK(progress_bar(4, 4, "text", terminal) == "[" + std::string(24, '=') + "] 4/4  text");
  CHECK(progress_bar(9, 4, "text", terminal) == "[" + std::string(24, '=') + "] 9/4  text");
  CHECK(progress_bar(0, 0, "", terminal) == "[" + std::string(24, ' ') + "] 0/0  ");
  terminal.utf8 = true;
  CHECK(progress_bar(12, 24, "", terminal).find("\u2501\u2500") != std::string::npos);
  terminal.colours = true;
  CHECK(progress_bar(12, 24, "", terminal).find("\u2501\033[0m\033[2m\u2500") != std::string::npos);
  for (const bool utf8 : {false, true})
    for (int columns = 0; columns < 80; ++columns) {
      const Terminal narrow{.redraws = true, .colours = false, .utf8 = utf8, .columns = columns};
      const Terminal coloured{.redraws = true, .colours = true, .utf8 = utf8, .columns = columns};
      const std::string bar = progress_bar(3, 40, "loss 1.25", narrow);
      INFO(columns << " " << bar);
      CHECK(width(bar) == static_cast<std::size_t>(std::clamp(columns - 1, 0, columns > 24 ? 42 : 15)));
      CHECK(bare(progress_bar(3, 40, "loss 1.25", coloured)) == bar);
    }
}

TEST_CASE("terminal: training draws one bar with loss, speed and the time that is left") {
  const Training training;
  const Variable term("TERM", "xterm"), language("LC_ALL", "C.UTF-8"), colours("NO_COLOR", std::nullopt);
  const std::string text = on_terminal("train", training.arguments, 70);
  const auto bars = drawn_lines(text);
  REQUIRE_FALSE(bars.empty());
  for (const auto& bar : bars) {
    INFO(bar);
    CHECK(width(bare(bar)) < 70);
  }
  for (const std::string part : {"\u2500", "/45  epoch 1/3", "loss ", " tokens/s", " left"})
    CHECK(bars[0].find(part) != std::string::npos);
  CHECK(bars[0].find("\033[") != std::string::npos);
  // In the place of the bar, or where an epoch was over before one was drawn, on the next line.
  for (const std::string epoch : {"epoch   1", "epoch   2", "epoch   3"}) {
    const std::size_t place = text.find(epoch);
    REQUIRE(place != std::string::npos);
    const std::string_view before = std::string_view(text).substr(0, place);
    CHECK((before.ends_with("\r\033[K") || before.ends_with("\n")));
  }
  CHECK(std::regex_search(text, std::regex("tokens/s  [0-9]+ s\033\\[32m  \\*\033\\[0m")));
}

TEST_CASE("terminal: NO_COLOR leaves colours out, and the bar in") {
  const Training training;
  const Variable term("TERM", "xterm"), language("LC_ALL", "C");
  {
    const Variable colours("NO_COLOR", "1");
    const std::string text = on_terminal("train", training.arguments, 100);
    CHECK(bare(text) == text);
    REQUIRE_FALSE(drawn_lines(text).empty());
    CHECK(drawn_lines(text)[0].starts_with("["));
  }
  const Variable colours("NO_COLOR", "");  // as if it were not there
  const std::string text = on_terminal("train", training.arguments, 100);
  CHECK(bare(text) != text);
}

TEST_CASE("terminal: plain lines with --quiet, on a dumb terminal and in a file") {
  const Training training;
  const Variable colours("NO_COLOR", std::nullopt);
  const auto plain = [](const std::string& text) { return text.find('\033') == std::string::npos; };
  {
    const Variable term("TERM", "dumb");
    CHECK(plain(on_terminal("train", training.arguments, 100)));
  }
  const Variable term("TERM", "xterm");
  const std::string quiet = on_terminal("train", training.with("--quiet"), 100);
  CHECK(plain(quiet));
  const std::string model = read_file(training.folder.file("run/model.safetensors"));
  const ProgramResult file = run_program("train", training.arguments);
  REQUIRE(file.code == 0);
  CHECK(plain(file.out));
  CHECK(file.out.find("cell.Wx") != std::string::npos);
  CHECK(file.out.find(training.folder.file("run/report.html")) != std::string::npos);
  CHECK((read_file(training.folder.file("run/model.safetensors")) == model));

  std::istringstream lines(quiet);
  std::vector<std::string> begins;
  for (std::string line; std::getline(lines, line);) begins.push_back(line.substr(0, line.find(' ')));
  CHECK(begins == std::vector<std::string>{"device", "epoch", "epoch", "epoch", "best", "image", "first"});
}
