#include "tools/caption_set.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/caption_annotations.h"
#include "io/caption_data.h"
#include "io/data_file.h"
#include "io/hdf5.h"
#include "tools/image_names.h"

namespace dlcore {

namespace {

bool is_hdf5(const std::string& path) {
  require_readable_file(path);
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  std::string start(signature.size(), '\0');
  std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
  return start == signature;
}

CaptionSet read_data_file(const std::string& path, const std::string& split) {
  require(!split.empty(), "{} is a data file, whose splits are separate: say which of train, val and test",
          path);
  FeatureReader::Options options;  // opens what is there, though neither features nor pictures are wanted
  options.pictures = !Hdf5File::open(path).contains(split + "/features");
  const CaptionData data = CaptionData::open_file(path, {split}, options);
  const CaptionSplit& source = data.split(split);
  CaptionSet set;
  set.image_ids = source.images.image_ids;
  set.ids_are_rows = source.images.ids_are_rows;
  set.file_names = source.images.file_names;
  std::unordered_set<std::int64_t> known;
  for (const std::int64_t id : set.image_ids)
    require(known.insert(id).second, "{}: two images of the split {} have the id {}", path, split, id);
  set.captions.resize(set.image_ids.size());
  for (std::int64_t i = 0; i < source.count(); ++i)
    set.captions[static_cast<std::size_t>(source.image_idxs[static_cast<std::size_t>(i)])].push_back(
        data.vocabulary().decode(source.caption(i)));
  return set;
}

bool says_splits(const CaptionAnnotations& annotations) {
  return std::any_of(annotations.images.begin(), annotations.images.end(),
                     [](const auto& image) { return !image.split.empty(); });
}

CaptionSet from_annotations(CaptionAnnotations annotations, const std::string& split) {
  CaptionSet set;
  std::vector<std::size_t> place(annotations.images.size());  // where an image's captions go; size: nowhere
  for (std::size_t i = 0; i < place.size(); ++i) {
    auto& image = annotations.images[i];
    const bool wanted = split.empty() || image.split == split;
    place[i] = wanted ? set.image_ids.size() : place.size();
    if (!wanted) continue;
    set.image_ids.push_back(image.id);
    set.file_names.push_back(std::move(image.file_name));
    set.urls.push_back(std::move(image.url));
  }
  set.captions.resize(set.image_ids.size());
  for (auto& caption : annotations.captions) {
    const std::size_t to = place[static_cast<std::size_t>(caption.image)];
    if (to < place.size()) set.captions[to].push_back(std::move(caption.text));
  }
  return set;
}

// Where a result's image is in the set.
class ImageFinder {
 public:
  ImageFinder(const CaptionSet& set, const std::vector<CaptionResult>& results, const std::string& set_path,
              const std::string& results_path)
      : set_(set), set_path_(set_path), results_path_(results_path) {
    for (std::size_t i = 0; i < set.image_ids.size(); ++i) of_id_.emplace(set.image_ids[i], i);
    const auto by_name = [](const CaptionResult& each) { return !each.image_id && !each.row; };
    if (std::none_of(results.begin(), results.end(), by_name)) return;
    for (const auto* list : {&set.file_names, &set.urls})
      for (std::size_t i = 0; i < list->size(); ++i) names_.add((*list)[i], i);
  }

  std::optional<std::size_t> operator()(const CaptionResult& result) const {
    if (!result.image_id && !result.row) {
      const ImageNames::Found found = names_.find(result.file_name);
      if (found.images > 1)
        fail("{} has a result for {}, but {} images of {} have this file name", results_path_,
             image_of(result), found.images, set_path_);
      return found.images == 1 ? std::optional(found.image) : std::nullopt;
    }
    if (result.row && !set_.ids_are_rows)
      fail(
          "{} says only the rows of its images in a features file (\"row\": {}), and not which images of {} "
          "these are: dlcore_caption --urls FILE gives them names",
          results_path_, *result.row, set_path_);
    const auto found = of_id_.find(result.row ? *result.row : *result.image_id);
    return found == of_id_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  const CaptionSet& set_;
  const std::string &set_path_, &results_path_;
  std::unordered_map<std::int64_t, std::size_t> of_id_;
  ImageNames names_;
};

}  // namespace

CaptionSet read_caption_set(const std::string& path, const std::string& split) {
  require(split.empty() || is_split_name(split), "the split is \"{}\", but should be train, val or test",
          split);
  if (is_hdf5(path)) return read_data_file(path, split);
  CaptionSet set = from_annotations(read_caption_annotations(path), split);
  require(!set.image_ids.empty(), "{} has no image of the split {}", path, split);
  return set;
}

std::vector<std::string> read_training_captions(const std::string& path) {
  CaptionSet set;
  if (is_hdf5(path)) {
    set = read_data_file(path, "train");
  } else {
    CaptionAnnotations annotations = read_caption_annotations(path);
    const std::string split = says_splits(annotations) ? "train" : "";
    set = from_annotations(std::move(annotations), split);
    require(std::any_of(set.captions.begin(), set.captions.end(), [](const auto& c) { return !c.empty(); }),
            "{} has no caption of the split train", path);
  }
  std::vector<std::string> all;
  for (auto& each : set.captions) std::move(each.begin(), each.end(), std::back_inserter(all));
  return all;
}

std::int64_t ComparedCaptions::reference_count() const {
  std::int64_t count = 0;
  for (const auto& each : references) count += static_cast<std::int64_t>(each.size());
  return count;
}

ComparedCaptions with_results(CaptionSet set, std::vector<CaptionResult> results, const std::string& set_path,
                              const std::string& results_path) {
  const ImageFinder find(set, results, set_path, results_path);
  std::vector<CaptionResult*> result_of(set.image_ids.size(), nullptr);
  const CaptionResult* lost = nullptr;  // the first whose image is not there
  std::size_t all_lost = 0;
  for (CaptionResult& result : results) {
    const std::optional<std::size_t> image = find(result);
    if (!image) {
      if (++all_lost == 1) lost = &result;
      continue;
    }
    CaptionResult*& known = result_of[*image];
    if (known)
      fail("{} has results for {} and {}, which are the same image of {}", results_path, image_of(*known),
           image_of(result), set_path);
    known = &result;
  }
  if (lost)
    fail("{} has a result for {}, but {} has no such image: there are {} such results", results_path,
         image_of(*lost), set_path, all_lost);
  ComparedCaptions compared;
  for (std::size_t i = 0; i < result_of.size(); ++i) {
    if (!result_of[i]) continue;
    if (set.captions[i].empty())
      fail("{} has no captions of {}, for which {} has a result", set_path, image_of(*result_of[i]),
           results_path);
    compared.image_ids.push_back(set.image_ids[i]);
    compared.captions.push_back(std::move(result_of[i]->caption));
    compared.references.push_back(std::move(set.captions[i]));
  }
  return compared;
}

}  // namespace dlcore
