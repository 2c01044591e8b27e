// Weights and pictures that are a formula, so that dumps need not hold them: golden/make_regnet_dump.py.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/shape.h"

namespace dlcore::test {

/// `count` 64-bit numbers: SplitMix64 from the FNV-1a hash of the name on.
std::vector<std::uint64_t> mixed_numbers(const std::string& name, std::int64_t count);

/// centre + scale u with u in [-1, 1) of 24 bits, rounded to float32.
std::vector<double> formula_numbers(const std::string& name, std::int64_t count, double scale,
                                    double centre = 0);

/// What the dump gives a parameter of torchvision's of this name and shape.
std::vector<double> formula_parameter(const std::string& name, const Shape& shape);

/// The norm, then `count` elements at places that follow from the name.
std::vector<double> sampled(const std::string& name, const std::vector<double>& values, std::int64_t count);

/// (N, C, H, W) to (N, H, W, C), and back.
std::vector<double> to_channels_last(const std::vector<double>& values, const Shape& channels_first);
std::vector<double> to_channels_first(const std::vector<double>& values, const Shape& channels_last);

}  // namespace dlcore::test
