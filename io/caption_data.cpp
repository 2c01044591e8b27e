#include "io/caption_data.h"

#include <utility>

#include "core/error.h"
#include "io/data_file.h"
#include "io/hdf5.h"
#include "io/layout.h"

namespace dlcore {

namespace {

void check_split_names(const std::vector<std::string>& splits, bool test) {
  require(!splits.empty(), "no split of the caption data was asked for");
  for (const auto& split : splits)
    require(is_split_name(split) && (test || split != "test"), "there is no split \"{}\": the splits are {}",
            split, test ? "train, val and test" : "train and val");
}

// Captions and their image rows, checked against the images and the vocabulary.
CaptionSplit read_captions(ImageSet images, const Hdf5Dataset& captions, const Hdf5Dataset& image_idxs,
                           const Vocabulary& vocabulary) {
  const Shape shape = captions.shape();
  require(shape.rank() == 2, "{} should have the shape [captions, T], but has {}", captions.where(),
          to_string(shape));
  require(image_idxs.shape().rank() == 1, "{} should have the shape [captions], but has {}",
          image_idxs.where(), to_string(image_idxs.shape()));
  require(shape[0] == image_idxs.shape()[0], "{} has {} captions, but {} has {} image indices",
          captions.where(), shape[0], image_idxs.where(), image_idxs.shape()[0]);
  require(shape[0] > 0, "{} is empty: the split has no captions", captions.where());
  require(shape[1] >= 2, "{} has captions of length {}; at least 2 are needed, <START> and <END>",
          captions.where(), shape[1]);
  CaptionSplit split{std::move(images), captions.read_int32(), image_idxs.read_int32(), shape[1]};
  for (std::size_t i = 0; i < split.captions.size(); ++i) {
    const std::int32_t token = split.captions[i];
    if (token < 0 || token >= vocabulary.size())
      fail("{} holds token {} in caption {} at position {}, outside the vocabulary of {} words",
           captions.where(), token, static_cast<std::int64_t>(i) / split.length,
           static_cast<std::int64_t>(i) % split.length, vocabulary.size());
  }
  const std::int64_t count = split.images.count();
  for (std::size_t i = 0; i < split.image_idxs.size(); ++i)
    if (split.image_idxs[i] < 0 || split.image_idxs[i] >= count)
      fail("{} holds {} at row {}, but the features in {} have only {} rows", image_idxs.where(),
           split.image_idxs[i], i, split.images.features.path(), count);
  return split;
}

}  // namespace

CaptionData::CaptionData(Vocabulary vocabulary, std::map<std::string, CaptionSplit> splits)
    : vocabulary_(std::move(vocabulary)), splits_(std::move(splits)) {
  const FeatureReader& first = splits_.begin()->second.images.features;
  for (const auto& [name, split] : splits_) {
    const FeatureReader& features = split.images.features;
    require(features.row_shape() == first.row_shape(),
            "the splits have features of different shapes: {} in dataset {} of {}, {} in dataset {} of {}",
            to_string(first.row_shape()), first.dataset(), first.path(), to_string(features.row_shape()),
            features.dataset(), features.path());
  }
}

CaptionData CaptionData::open_cs231n(const Cs231nFiles& files, const std::vector<std::string>& splits,
                                     FeatureReader::Options options) {
  check_split_names(splits, false);
  Vocabulary vocabulary = Vocabulary::load(files.vocabulary);
  const Hdf5File captions = Hdf5File::open(files.captions);
  std::map<std::string, CaptionSplit> opened;
  for (const auto& split : splits) {
    const bool train = split == "train";
    const std::string& features = train ? files.train_features : files.val_features;
    const std::string& urls = train ? files.train_urls : files.val_urls;
    require(!features.empty(), "the split {} of {} needs a features file, but none was named", split,
            files.captions);
    ImageSet images = make_image_set(FeatureReader(features, "features", options));
    if (!urls.empty()) name_images(images, urls);
    opened.emplace(split, read_captions(std::move(images), captions.dataset(split + "_captions"),
                                        captions.dataset(split + "_image_idxs"), vocabulary));
  }
  return CaptionData(std::move(vocabulary), std::move(opened));
}

CaptionData CaptionData::open_file(const std::string& path, const std::vector<std::string>& splits,
                                   FeatureReader::Options options) {
  check_split_names(splits, true);
  const Hdf5File file = Hdf5File::open(path);
  check_data_file(file);
  const auto json = file.text_attribute("vocabulary");
  require(json.has_value(), "{} has no attribute vocabulary", path);
  Vocabulary vocabulary = Vocabulary::from_json(*json, "the vocabulary of " + path);
  std::map<std::string, CaptionSplit> opened;
  for (const auto& split : splits) {
    ImageSet images = open_data_file_images(file, split, options);
    opened.emplace(split, read_captions(std::move(images), file.dataset(split + "/captions"),
                                        file.dataset(split + "/image_idxs"), vocabulary));
  }
  return CaptionData(std::move(vocabulary), std::move(opened));
}

const CaptionSplit& CaptionData::split(const std::string& name) const {
  const auto found = splits_.find(name);
  if (found == splits_.end()) fail("the split {} of the caption data was not opened", name);
  return found->second;
}

}  // namespace dlcore
