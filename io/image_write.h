// Pictures as files: PNG loses nothing, JPEG is smaller.
#pragma once

#include "io/image.h"

namespace dlcore {

/// Writes the file whole or not at all (io/atomic_file.h). Error where that fails, or where the picture has
/// no pixels or not as many as its size says.
void write_png(const std::string& path, const Image& image);

/// The same as JPEG. quality: 1 to 100; from 90 on, colours are kept at every pixel, below at every second of
/// both directions.
void write_jpeg(const std::string& path, const Image& image, int quality = 92);

/// The files' bytes; `name` is for messages.
std::string encode_png(const Image& image, const std::string& name);
std::string encode_jpeg(const Image& image, const std::string& name, int quality = 92);

}  // namespace dlcore
