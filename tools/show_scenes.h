// Shows scenes with the captions that a model wrote for them, and how many of the captions are true.
#pragma once

#include <cstdint>
#include <string>

namespace dlcore {

struct ShowScenesOptions {
  std::string file;      // data file of write_scenes
  std::string captions;  // COCO's results format, as dlcore_caption --out writes it
  std::string split = "val";
  std::int64_t limit = 6;        // scenes that are drawn; all captions are counted
  std::string picture = "auto";  // "colour": 24-bit ANSI blocks; "words": the ground truth; "auto": colour on
                                 // a terminal
};

/// Prints the first `limit` scenes that have a caption, each with its caption, whether that is true, and a
/// sentence of the data for comparison; then the shares of captions that are true, false, and outside the
/// grammar of scene_captions.h. Beside them the share that would be true of the next scene in the file: a
/// model that does not look at the picture does no better than that. Error when a file cannot be read or the
/// captions are not of this file's scenes.
void show_scenes(const ShowScenesOptions& options);

}  // namespace dlcore
