#include "core/error.h"
#include "models/caption_task.h"

namespace dlcore {

void check_data_source(const Config& config) {
  const auto& data = config.data;
  require(data.file.empty() ||
              (data.captions.empty() && data.train_features.empty() && data.val_features.empty() &&
               data.vocabulary.empty() && data.train_urls.empty() && data.val_urls.empty()),
          "give either data.file or the CS231n files (data.captions, data.vocabulary, data.train_features, "
          "data.val_features, data.train_urls, data.val_urls), not both");
}

CaptionData open_data(const Config& config) {
  check_data_source(config);
  const auto& data = config.data;
  FeatureReader::Options options;
  options.pictures = config.from_pictures();
  require(
      !options.pictures || !data.file.empty(),
      "model.encoder {} needs pictures: name a data file that has them (data.file), or that should be made "
      "of them (data.annotations and data.images too)",
      config.model.encoder);
  options.cache_bytes = static_cast<std::size_t>(data.cache_mib) << 20;
  // Overfitting on purpose needs no validation split.
  std::vector<std::string> splits{"train"};
  if (data.validate_on == "val") splits.emplace_back("val");
  if (!data.file.empty()) return CaptionData::open_file(data.located(data.file), splits, options);
  const std::pair<const char*, const std::string*> needed[] = {{"data.captions", &data.captions},
                                                               {"data.vocabulary", &data.vocabulary},
                                                               {"data.train_features", &data.train_features},
                                                               {"data.val_features", &data.val_features}};
  for (const auto& [key, value] : needed)
    require(!value->empty() || (key == std::string("data.val_features") && splits.size() == 1),
            "the configuration names no data: '{}' is empty, and so is 'data.file'", key);
  return CaptionData::open_cs231n({.captions = data.located(data.captions),
                                   .vocabulary = data.located(data.vocabulary),
                                   .train_features = data.located(data.train_features),
                                   .val_features = data.located(data.val_features),
                                   .train_urls = data.located(data.train_urls),
                                   .val_urls = data.located(data.val_urls)},
                                  splits, options);
}

}  // namespace dlcore
