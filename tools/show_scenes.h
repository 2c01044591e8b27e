// Shows scenes with the captions that a model wrote for them, and how many of the captions are true.
#pragma once

#include <cstdint>
#include <string>

namespace dlcore {

struct ShowScenesOptions {
  std::string annotations;  // val.json of write_scene_folder; or
  std::string file;         // data file of write_scenes, with
  std::string split = "val";
  std::string captions;          // COCO's results format, as dlcore_caption --out writes it
  double required = 0;           // percent that must pass both of the lower table's tests
  std::int64_t limit = 6;        // scenes that are drawn; all captions are counted
  std::string picture = "auto";  // "colour": 24-bit ANSI blocks; "words": the ground truth; "auto": colour on
                                 // a terminal
};

/// Prints the first `limit` scenes that have a caption, each with its caption, whether that is true, and a
/// sentence of the data for comparison; then how many captions are true, false, and outside the grammar of
/// scene_captions.h, and a table of shares:
///
///                                        its own picture  the next picture
///     true                                         92.0%             11.2%
///     speak of two where there are two             97.1%             96.8%
///     both                                         90.4%             10.9%
///
/// A caption is judged against its own picture's ground truth, and against that of the next picture in the
/// file: a model that does not look at the picture does equally well there. A caption that cannot be checked
/// counts as false. Where a picture has fewer than two objects the second line asks nothing. Error when a
/// file cannot be read or the captions are not of this file's scenes, and when `required` is more than the
/// share of both, or no more than that of the next picture, so that the check tells nothing.
void show_scenes(const ShowScenesOptions& options);

}  // namespace dlcore
