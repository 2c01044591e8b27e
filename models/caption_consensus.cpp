#include "models/caption_consensus.h"

#include <algorithm>

#include "core/cpu.h"
#include "core/error.h"

namespace dlcore {
namespace {

std::vector<std::int64_t> images_with_captions(const CaptionSplit& split) {
  std::vector<std::int64_t> rows(split.image_idxs.begin(), split.image_idxs.end());
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace

CaptionConsensus::CaptionConsensus(const CaptionSplit& split, const Vocabulary& vocabulary,
                                   const Shape& feature_shape, const SimilarImages::FeaturesOf& features_of,
                                   const Stream& stream)
    : references_(split, vocabulary),
      similar_(feature_shape, images_with_captions(split), features_of, stream),
      end_(vocabulary.end()) {}

void CaptionConsensus::order(const Tensor& features, std::int64_t k,
                             std::span<std::vector<Caption>> captions) const {
  require(features.size(0) == static_cast<std::int64_t>(captions.size()),
          "consensus: the captions of {} images, but the features of {}", captions.size(), features.size(0));
  const auto similar = similar_(features, k);
  const int threads = std::min(cpu_threads(), static_cast<int>(captions.size()));
  in_threads(threads, [&](int thread) {
    NgramMatcher matcher = references_.matcher();
    for (auto i = static_cast<std::size_t>(thread); i < captions.size();
         i += static_cast<std::size_t>(threads)) {
      std::vector<std::vector<std::int32_t>> words;
      for (const Caption& caption : captions[i]) {
        words.push_back(caption.words);
        if (caption.log_probabilities.size() > caption.words.size()) words.back().push_back(end_);
      }
      const NgramLists ngrams = references_.look_up(words);
      for (std::size_t c = 0; c < captions[i].size(); ++c) {
        matcher.compare(ngrams[c]);
        double agreement = 0;
        for (const auto& [row, share] : similar[i])
          agreement += share * references_.cider(matcher, static_cast<std::size_t>(row));
        captions[i][c].score = agreement;
      }
      std::stable_sort(captions[i].begin(), captions[i].end(),
                       [](const Caption& a, const Caption& b) { return a.score > b.score; });
    }
  });
}

std::vector<std::vector<Caption>> CaptionConsensus::decode(const CaptioningRNN& captioner,
                                                           const Stream& stream, const Tensor& features,
                                                           const DecodeOptions& options,
                                                           std::span<const std::uint64_t> keys,
                                                           std::int64_t k) const {
  require(options.sample || options.beam > 1,
          "consensus: there is one caption to choose from: a beam above 1, or sampling, gives more");
  DecodeOptions all = options;
  if (!all.sample) all.n_best = all.beam;
  auto captions = captioner.decode(stream, features.to(stream.device()), all, keys);
  order(features, k, captions);
  for (auto& of_image : captions)
    of_image.resize(std::min(of_image.size(), static_cast<std::size_t>(options.n_best)));
  return captions;
}

SimilarImages::FeaturesOf stored_features(const CaptionSplit& split) {
  return [&reader = split.images.features](std::span<const std::int64_t> rows) {
    Tensor features({static_cast<std::int64_t>(rows.size()), reader.row_size()}, DType::float32);
    reader.read(rows, features.data<float>());
    return features;
  };
}

}  // namespace dlcore
