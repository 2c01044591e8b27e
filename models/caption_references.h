// The captions of a split by image, as what other captions of its images are compared with by CIDEr-D.
//
// The data's own words are compared, and <END> is one of them, so that a caption which stops in the middle of
// a phrase agrees less than one that ends (Hu et al., "A Better Variant of Self-Critical Sequence Training",
// 2020). How rare an n-gram is, is counted over the split's images.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "io/caption_data.h"
#include "models/caption_ngrams.h"
#include "models/cider.h"

namespace dlcore {

class CaptionReferences {
 public:
  CaptionReferences(const CaptionSplit& split, const Vocabulary& vocabulary);
  CaptionReferences(const CaptionReferences&) = delete;  // views_ are into ngrams_
  CaptionReferences& operator=(const CaptionReferences&) = delete;

  /// Those of an image, by its row in the split; there may be none.
  std::span<const CaptionNgrams> operator[](std::size_t image) const {
    return std::span(views_).subspan(first_[image], first_[image + 1] - first_[image]);
  }

  /// Captions to be compared, whose words end with <END> where it was reached, and whose <UNK> is like no
  /// reference's.
  NgramLists look_up(std::span<const std::vector<std::int32_t>> captions) const;
  NgramMatcher matcher() const { return NgramMatcher(numbers_); }

  /// CIDEr-D of the matcher's caption with the references of an image that has some.
  double cider(const NgramMatcher& matcher, std::size_t image) const {
    return (*cider_)(matcher, (*this)[image], first_[image]);
  }

 private:
  std::int32_t unk_;
  std::vector<std::size_t> first_;  // (images of the split + 1): of each image's references
  NgramNumbers numbers_;
  NgramLists ngrams_;
  std::vector<CaptionNgrams> views_;  // of each reference
  std::optional<Cider> cider_;
};

}  // namespace dlcore
