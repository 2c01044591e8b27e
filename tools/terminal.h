// What standard output can show.
#pragma once

#include <string>

namespace dlcore {

struct Terminal {
  bool redraws = false;  // a terminal on which a line can be drawn again: none that TERM calls dumb
  bool colours = false;  // such a one, unless NO_COLOR says otherwise (https://no-color.org)
  bool utf8 = false;     // by the locale's name
  int columns = 80;

  static Terminal of_stdout();

  enum class Colour : unsigned char { accent, faint, good, warning };
  /// The text in a colour, where there are colours.
  std::string paint(Colour colour, const std::string& text) const;
};

}  // namespace dlcore
