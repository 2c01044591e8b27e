// The two kinds of annotation files, and what they have in common. Internal to io.
#pragma once

#include <string>
#include <string_view>

#include "io/caption_annotations.h"

namespace dlcore {

CaptionAnnotations read_json_annotations(std::string_view text, const std::string& path);
CaptionAnnotations read_table_annotations(std::string_view text, const std::string& path);

inline constexpr std::size_t longest_caption = 65536;  // bytes

/// `where` is the value's place, for messages: "captions.json: images[3].split".
std::string checked_split(std::string_view split, std::string_view where);
void check_caption_text(std::string_view text, std::string_view where);
void check_file_name(std::string_view name, std::string_view where);

}  // namespace dlcore
