// The scores of captions against references, as coco-caption (pycocoevalcap) computes them.
//
//     const CaptionScorer scorer(references);          // once
//     const ScoredCaptions scored = scorer(captions);  // at each validation
//
// All captions are tokenised ones, words joined by spaces (io/caption_tokens.h).
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dlcore {

struct CaptionScores {
  std::array<double, 4> bleu{};  // BLEU-1 to BLEU-4
  double rouge_l = 0;
  double cider = 0;  // CIDEr-D, see models/cider.h
};

struct ScoredCaptions {
  /// BLEU of the summed counts; the means of ROUGE-L and CIDEr.
  CaptionScores corpus;
  std::vector<CaptionScores> images;
  /// CIDEr where each image has the next one's caption: if it is not far lower, the captions do not depend on
  /// the images. NaN of a single image.
  double cider_exchanged = 0;
};

class CaptionScorer {
 public:
  /// references[i]: those of image i. CIDEr weighs words by how many of these images have them, so its values
  /// are for this set of images. Error when there are no images, or one has no references.
  explicit CaptionScorer(std::span<const std::vector<std::string>> references);
  ~CaptionScorer();
  CaptionScorer(CaptionScorer&&) noexcept;
  CaptionScorer& operator=(CaptionScorer&&) noexcept;

  /// captions[i] is that of image i. Error when there are not as many as images. May be called from several
  /// threads.
  ScoredCaptions operator()(std::span<const std::string> captions) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dlcore
