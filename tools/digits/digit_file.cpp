#include "tools/digits/digit_file.h"

#include "core/error.h"
#include "io/example_file.h"
#include "tools/digits/digit_painter.h"
#include "tools/digits/digit_strokes.h"

namespace dlcore {

void write_digits(const DigitFileOptions& options) {
  require(options.count >= 2, "{} digits cannot be divided into train and val: at least 2 are needed",
          options.count);
  ExampleFileWriter::Options file{.input_shape = {options.side, options.side, 1}, .creator = "dlcore digits"};
  for (int digit = 0; digit < digit_count; ++digit) file.class_names.push_back(std::to_string(digit));
  Digit digit = paint_digit(options.seed, 0, options.side);  // refuses a side before a file is begun
  ExampleFileWriter writer(options.out, file);
  for (std::int64_t i = 0; i < options.count; ++i) {
    if (i > 0) digit = paint_digit(options.seed, i, options.side);
    const bool validation = i % 10 == 9 || (options.count < 10 && i == options.count - 1);
    writer.add(validation ? "val" : "train", digit.pixels, digit.digit);
  }
  writer.finish();
}

}  // namespace dlcore
