// libjpeg's errors as values. Internal to io.
//
// libjpeg calls back on an error and must not be returned to; C++ exceptions cannot pass through it, so the
// way out is longjmp. That is allowed only where no object with a destructor is skipped: `run` is the only
// place that is jumped to, and what is run may create no such object.
#pragma once

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <jerror.h>

namespace dlcore {

struct JpegErrors : jpeg_error_mgr {
  std::jmp_buf out;
  char message[JMSG_LENGTH_MAX] = {};

  JpegErrors() : jpeg_error_mgr() {
    jpeg_std_error(this);
    error_exit = [](j_common_ptr info) { leave(info); };
    emit_message = [](j_common_ptr info, int level) {
      if (level < 0 && !harmless(info->err->msg_code)) leave(info);
    };
    output_message = [](j_common_ptr) {};
  }

  /// Whether `step` ran to its end; else `message` says why not.
  template <class Step>
  bool run(Step step) {
    if (setjmp(out)) return false;
    step();
    return true;
  }

  [[noreturn]] static void leave(j_common_ptr info) {
    auto* const self = static_cast<JpegErrors*>(info->err);
    info->err->format_message(info, self->message);
    std::longjmp(self->out, 1);
  }

 private:
  // Warnings that say nothing against the pixels. All others mean that some are missing or wrong.
  static bool harmless(int code) {
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM ||
           code == JWRN_NOT_SEQUENTIAL;
  }
};

}  // namespace dlcore
