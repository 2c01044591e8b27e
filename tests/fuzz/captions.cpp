#include "tests/fuzz/captions.h"

#include "io/caption_tokens.h"
#include "tests/fuzz/target.h"

namespace dlcore::fuzz {

void use_annotations(const std::string& path) {
  static const CaptionTokenizer tokenize;
  const CaptionAnnotations annotations = read_caption_annotations(path);
  expect(!annotations.images.empty() && !annotations.captions.empty(), "accepted without images or captions");
  for (const auto& image : annotations.images) {
    expect(!image.file_name.empty(), "an image without a file name");
    expect(image.split.empty() || image.split == "train" || image.split == "val" || image.split == "test",
           "the split " + image.split);
  }
  std::vector<std::string> texts;
  for (const auto& caption : annotations.captions) {
    expect(caption.image >= 0 && caption.image < static_cast<std::int64_t>(annotations.images.size()),
           "a caption of no image");
    if (texts.size() < 16 && caption.text.size() < 4096) texts.push_back(caption.text);
  }
  const std::vector<std::string> words = tokenize(texts);
  expect(words.size() == texts.size(), "as many tokenised captions as captions");
}

}  // namespace dlcore::fuzz
