// libpng's errors as values. Internal to io. See jpeg_guard.h: the same holds here.
#pragma once

#include <png.h>

#include <csetjmp>
#include <cstdio>

namespace dlcore {

struct PngErrors {
  std::jmp_buf out;
  char message[200] = {};

  /// Whether `step` ran to its end; else `message` says why not.
  template <class Step>
  bool run(Step step) {
    if (setjmp(out)) return false;
    step();
    return true;
  }

  /// For png_create_read_struct and png_create_write_struct, whose first pointer is this object.
  [[noreturn]] static void leave(png_structp png, png_const_charp text) {
    auto* const self = static_cast<PngErrors*>(png_get_error_ptr(png));
    std::snprintf(self->message, sizeof self->message, "%s", text);
    std::longjmp(self->out, 1);
  }
  static void ignore(png_structp, png_const_charp) {}
};

}  // namespace dlcore
