// What the targets of caption files do with what they read.
#pragma once

#include "io/caption_annotations.h"

namespace dlcore::fuzz {

/// Captions by image, as dlcore_prepare and dlcore_eval use them.
void use_annotations(const std::string& path);

}  // namespace dlcore::fuzz
