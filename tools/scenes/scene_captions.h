// Sentences about scenes, and whether a sentence is true of a scene.
//
//     sentence = [opening] things [["is" | "are"] (relation thing | place | ground)]
//     opening  = "there is" | "there are" | "the picture shows"
//     things   = thing {"and" thing}
//     thing    = ("a" | "an" | "one" | "two" | "three") [size] [colour] (shape | "shape"), in the plural for
//     two and
//                three
//     relation = "above" | "below" | "under" | "left of" | "right of" | "to the left of" | "to the right of"
//     place    = "at the top" | "at the bottom" | "on the left" | "on the right" | "in the middle"
//              | "in the" ("top" | "bottom") ("left" | "right") "corner"
//     ground   = "on a" ("dark" | "grey" | "light") "background"
//
// "a" means at least one; things joined by "and" are different objects; a number means exactly that many. A
// sentence with a relation or a place is about one thing, or pair, of which both hold. One object is above
// another when its centre is higher by at least 3/16 of the picture, and so on. The top is y < 6/16, the
// bottom y > 10/16, left and right likewise in x, and the middle is the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/scenes/scenes.h"

namespace dlcore {

inline constexpr int scene_captions_each = 5;
inline constexpr std::int64_t scene_caption_length = 20;  // tokens, with <START> and <END>

/// Five different true sentences, the same ones each time; of several objects each speaks of at least two.
std::vector<std::string> scene_captions(const Scene& scene);

/// Whether the sentence is true of the scene; nothing when it is no sentence of the grammar above.
std::optional<bool> caption_is_true(const Scene& scene, std::string_view caption);

/// How many objects the sentence speaks of: "two circles above a square" of three; nothing when it is no
/// sentence of the grammar above.
std::optional<int> objects_mentioned(std::string_view caption);

}  // namespace dlcore
