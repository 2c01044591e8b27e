#include "tools/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace dlcore {
namespace {

// Of the first of these variables that is there and not empty.
std::string_view environment(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

bool names_utf8(std::string_view locale) {
  constexpr std::array names{"UTF-8", "UTF8", "utf-8", "utf8"};
  return std::ranges::any_of(names, [&](auto name) { return locale.find(name) != std::string_view::npos; });
}

}  // namespace

Terminal Terminal::of_stdout() {
  Terminal terminal;
  terminal.redraws = isatty(STDOUT_FILENO) == 1 && environment({"TERM"}) != "dumb";
  terminal.colours = terminal.redraws && environment({"NO_COLOR"}).empty();
  terminal.utf8 = names_utf8(environment({"LC_ALL", "LC_CTYPE", "LANG"}));
  if (winsize size{}; ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    terminal.columns = size.ws_col;
  return terminal;
}

std::string Terminal::paint(Colour colour, const std::string& text) const {
  constexpr const char* codes[] = {"36", "2", "32", "1;33"};
  if (!colours || text.empty()) return text;
  return std::string("\033[") + codes[static_cast<int>(colour)] + "m" + text + "\033[0m";
}

}  // namespace dlcore
