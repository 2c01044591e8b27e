// The pictures of tests/golden/images, and how tests change them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/image.h"

namespace dlcore::test {

/// The names of all, in order: "baseline.jpg", ...
std::vector<std::string> golden_image_names();
std::string golden_image(const std::string& name);  // the file's bytes

Image decode(const std::string& bytes, const ImageLimits& limits = {});  // messages call it "a.pic"

/// How far apart the pictures' bytes are at most; 256 where the sizes differ.
int largest_difference(const Image& image, const Image& other);

std::string big_endian(std::uint64_t value, int bytes);

/// A JPEG file with a segment more, before all others. marker: 0xe1 is APP1.
std::string with_segment(const std::string& jpeg, unsigned char marker, const std::string& contents);
/// Where the segment with this marker begins (its 0xff).
std::size_t find_segment(const std::string& jpeg, unsigned char marker);

/// The PNG file with the sums of its chunks corrected.
std::string with_sums(std::string png);

}  // namespace dlcore::test
