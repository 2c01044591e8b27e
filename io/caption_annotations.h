// Which captions belong to which pictures: the annotation files of the usual data sets. The kind is
// recognised by what is in the file:
//
//   COCO:      JSON {"images": [{"id", "file_name"[, "split", "flickr_url"]}], "annotations": [{"image_id",
//   "caption"[, "id"]}]} Karpathy:  JSON {"images": [{"filename"[, "filepath"], "cocoid" or "imgid", "split",
//   "sentences": [{"raw"}]}]},
//              as dataset_coco.json and dataset_flickr8k.json
//   table:     lines of file and caption in UTF-8. Comma-separated with RFC 4180's quotes, or separated by
//   tabs
//              without quotes; a first line that names the columns (file or image, caption, perhaps split;
//              others are not read) is optional. Flickr8k.token.txt is of this kind: the "#0" after a file's
//              name is taken off.
//
// Splits are train, val and test; restval counts as train, as everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore {

struct CaptionAnnotations {
  struct Image {
    std::int64_t id = 0;    // a table's images are numbered in the order in which they first come
    std::string file_name;  // as in the file; with Karpathy's filepath in front
    std::string split;      // "train", "val", "test", or empty where the file does not say
    std::string url;        // COCO's flickr_url, by whose last part CS231n's files name images; or empty
  };
  struct Caption {
    std::int64_t image = 0;  // index in images
    std::string text;        // UTF-8
  };

  std::string kind;  // "COCO captions", "Karpathy's splits", "table": for people
  std::vector<Image> images;
  std::vector<Caption> captions;
};

/// Keeps only what is above. Error that names the file and the place for
/// what is not of one of the kinds: no or wrong values, ids that are there twice, a caption of an unknown
/// image, a caption of more than 65,536 bytes, a file without images or captions. Files have at most 1 GiB,
/// and what is read takes at most 64 times their bytes.
CaptionAnnotations read_caption_annotations(const std::string& path);

}  // namespace dlcore
