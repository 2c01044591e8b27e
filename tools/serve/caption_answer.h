// POST /caption: the answer as JSON.
#pragma once

#include <string>

#include "tools/serve/caption_service.h"

namespace dlcore {

/// {"caption": "a dog", "captions": [{"caption": "a dog", "score": -1.5, "words": ["a", "dog", "<END>"],
///   "log_probabilities": [-0.3, -0.9, -0.3], "probabilities": [0.74, 0.41, 0.74]}, ...],
///  "picture": {"width": 640, "height": 480}, "batch": 3, "ms": {"decode": 4.1, "wait": 20.5,
///  "caption": 30.2}}
/// The captions have the keys of dlcore_caption's file, and the probabilities besides.
std::string to_json(const CaptionAnswer& answer);

}  // namespace dlcore
