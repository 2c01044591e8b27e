#include "tools/coco/picture_list.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "core/format.h"
#include "io/caption_annotations.h"
#include "io/checksum.h"
#include "tools/progress.h"

namespace dlcore {

namespace fs = std::filesystem;

namespace {

using Pictures = std::vector<PictureList::Picture>;

void require_folder(const std::string& folder) {
  std::error_code ignored;
  require(fs::is_directory(folder, ignored),
          "{} should be a folder with pictures, but is not there or no folder",
          folder.empty() ? "\"\"" : folder);
}

// Appends the images of one file that have captions.
Pictures read_pictures(const std::string& annotations, const std::string& folder, PictureList& list) {
  CaptionAnnotations read = read_caption_annotations(annotations);
  Pictures pictures;
  for (const auto& image : read.images)
    pictures.push_back({image.id, image.file_name, folder, image.split, {}});
  for (auto& caption : read.captions)
    pictures[static_cast<std::size_t>(caption.image)].captions.push_back(std::move(caption.text));
  std::erase_if(pictures, [&](const PictureList::Picture& picture) {
    if (picture.captions.empty()) list.uncaptioned.push_back(picture.file_name);
    return picture.captions.empty();
  });
  list.notes.push_back(fmt::format("{}: {}, {} images with {} captions", annotations, read.kind,
                                   readable_count(static_cast<std::int64_t>(pictures.size())),
                                   readable_count(static_cast<std::int64_t>(read.captions.size()))));
  return pictures;
}

// All into one split; the file may name that, but no other.
void put_into(Pictures& pictures, const std::string& split, const std::string& annotations) {
  for (auto& picture : pictures) {
    require(picture.split.empty() || picture.split == split,
            "{} has {} in the split \"{}\", but beside annotations for validation all of it should be for {}",
            annotations, picture.file_name, picture.split, split);
    picture.split = split;
  }
}

double place_of(const std::string& file_name) {  // 0 to 1
  return static_cast<double>(checksum(fs::path(file_name).filename().string()) >> 11) * 0x1p-53;
}

void share_out(Pictures& pictures, double val_share, PictureList& list) {
  for (auto& picture : pictures)
    if (picture.split.empty()) picture.split = "train";
  const auto is_in = [](const char* split) {
    return [split](const PictureList::Picture& picture) { return picture.split == split; };
  };
  if (val_share <= 0 || std::any_of(pictures.begin(), pictures.end(), is_in("val"))) return;
  PictureList::Picture* first = nullptr;
  std::int64_t moved = 0;
  for (auto& picture : pictures) {
    if (picture.split != "train") continue;
    if (!first || place_of(picture.file_name) < place_of(first->file_name)) first = &picture;
    if (place_of(picture.file_name) >= val_share) continue;
    picture.split = "val";
    ++moved;
  }
  if (moved == 0 && first) first->split = "val", ++moved;  // of a handful of pictures one should be there
  list.notes.push_back(
      fmt::format("no validation images are named: {} are taken, a share of {}, by a checksum of their "
                  "file names (dlcore_prepare coco --val-share)",
                  readable_count(moved), val_share));
}

void check_unique(const Pictures& pictures) {
  std::unordered_map<std::string, const std::string*> split_of;
  for (const auto& picture : pictures) {
    const auto [found, fresh] = split_of.try_emplace(
        (fs::path(picture.folder) / picture.file_name).lexically_normal().string(), &picture.split);
    require(fresh || *found->second == picture.split,
            "{} is in {} and in {}: a picture may be in one split only, or the validation would be of what "
            "was learnt",
            found->first, *found->second, picture.split);
  }
}

std::uint64_t fingerprint_of(const Pictures& pictures) {
  std::uint64_t sum = 0;
  for (const auto& picture : pictures) {
    sum = checksum(std::to_string(picture.id) + " " + picture.split + " " + picture.file_name, sum);
    for (const auto& caption : picture.captions) sum = checksum(caption, sum);
  }
  return sum;
}

}  // namespace

std::string PictureList::Picture::path() const {
  const fs::path whole = fs::path(folder) / file_name;
  std::error_code ignored;
  if (!fs::exists(whole, ignored)) {
    const fs::path bare = fs::path(folder) / whole.filename();
    if (fs::exists(bare, ignored)) return bare.string();
  }
  return whole.string();
}

std::int64_t PictureList::count(const std::string& split) const {
  return std::count_if(pictures.begin(), pictures.end(),
                       [&](const Picture& picture) { return picture.split == split; });
}

PictureList list_pictures(const PictureSource& source) {
  PictureList list;
  require_folder(source.images);
  list.pictures = read_pictures(source.annotations, source.images, list);
  if (!source.val_annotations.empty()) {
    const std::string& folder = source.val_images.empty() ? source.images : source.val_images;
    require_folder(folder);
    put_into(list.pictures, "train", source.annotations);
    Pictures val = read_pictures(source.val_annotations, folder, list);
    put_into(val, "val", source.val_annotations);
    std::move(val.begin(), val.end(), std::back_inserter(list.pictures));
  } else {
    require(source.val_images.empty(),
            "{} has pictures for validation, but no annotations for them are named (--val-annotations, "
            "data.val_annotations)",
            source.val_images);
    share_out(list.pictures, source.val_share, list);
  }
  check_unique(list.pictures);
  const auto order = [](const PictureList::Picture& picture) {
    return picture.split == "train" ? 0 : picture.split == "val" ? 1 : 2;
  };
  std::stable_sort(list.pictures.begin(), list.pictures.end(),
                   [&](const auto& a, const auto& b) { return order(a) < order(b); });
  require(list.count("train") > 0, "{} leaves no images with captions for training", source.annotations);
  list.fingerprint = fingerprint_of(list.pictures);
  return list;
}

}  // namespace dlcore
