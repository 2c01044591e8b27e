// A captioner's file, as dlcore_caption and dlcore_serve load it.
#include "models/model_file.h"

#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {
namespace {

void caption(CaptionModel& model) {
  const CaptionerConfig& config = model.captioner->config();
  const Tensor features = Tensor::zeros({2, config.feature_size()}, DType::float32);
  for (const std::int64_t beam : {1, 2}) {
    DecodeOptions options;
    options.max_length = 3;
    options.beam = beam;
    for (const auto& image : model.captioner->decode(Stream(Device::cpu()), features, options))
      for (const Caption& one : image) model.vocabulary.decode(one.words);
  }
}

}  // namespace

int fuzz_model(const std::uint8_t* data, std::size_t size) {
  const InputFile file(text_of(data, size), "model.safetensors");
  accepted([&] {
    CaptionModel model = load_model(file.path(), Device::cpu());
    caption(model);
  });
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
