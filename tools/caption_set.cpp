#include "tools/caption_set.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/caption_annotations.h"
#include "io/caption_data.h"
#include "io/data_file.h"
#include "io/hdf5.h"

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
    const auto& image = annotations.images[i];
    const bool wanted = split.empty() || image.split == split;
    place[i] = wanted ? set.image_ids.size() : place.size();
    if (wanted) set.image_ids.push_back(image.id);
  }
  set.captions.resize(set.image_ids.size());
  for (auto& caption : annotations.captions) {
    const std::size_t to = place[static_cast<std::size_t>(caption.image)];
    if (to < place.size()) set.captions[to].push_back(std::move(caption.text));
  }
  return set;
}

}  // namespace

std::int64_t CaptionSet::caption_count() const {
  std::int64_t count = 0;
  for (const auto& each : captions) count += static_cast<std::int64_t>(each.size());
  return count;
}

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
    require(set.caption_count() > 0, "{} has no caption of the split train", path);
  }
  std::vector<std::string> all;
  for (auto& each : set.captions) std::move(each.begin(), each.end(), std::back_inserter(all));
  return all;
}

CaptionSet with_results(CaptionSet set, const std::vector<CaptionResult>& results,
                        const std::string& set_path, const std::string& results_path) {
  std::unordered_set<std::int64_t> wanted;
  for (const CaptionResult& result : results) wanted.insert(result.image_id);
  CaptionSet chosen;
  for (std::size_t i = 0; i < set.image_ids.size(); ++i)
    if (wanted.erase(set.image_ids[i]) > 0) {
      require(!set.captions[i].empty(), "{} has no captions of image {}, for which {} has a result", set_path,
              set.image_ids[i], results_path);
      chosen.image_ids.push_back(set.image_ids[i]);
      chosen.captions.push_back(std::move(set.captions[i]));
    }
  const auto lost = std::find_if(results.begin(), results.end(),
                                 [&](const CaptionResult& each) { return wanted.contains(each.image_id); });
  if (lost != results.end())
    fail("{} has a result for image {}, but {} has no such image: there are {} such results", results_path,
         lost->image_id, set_path, wanted.size());
  return chosen;
}

}  // namespace dlcore
