#include "tools/coco/coco_settings.h"

#include <fmt/format.h>

#include "io/json_text.h"

namespace dlcore {

namespace {

nlohmann::json rows(const CocoOptions& options, std::uint64_t fingerprint,
                    const FeatureExtractor* extractor) {
  return {{"version", 1},
          {"pictures, captions and splits", fmt::format("{:016x}", fingerprint)},
          {"encoder",
           extractor ? parse_json(extractor->description(), "the encoder's description") : nlohmann::json()},
          {"--fit", name_of(options.fit)},
          {"--store-images", options.store_images},
          {"--float32", options.float32}};
}

}  // namespace

std::string row_settings(const CocoOptions& options, std::uint64_t fingerprint,
                         const FeatureExtractor* extractor) {
  return to_text(rows(options, fingerprint, extractor));
}

std::string file_settings(const CocoOptions& options, std::uint64_t fingerprint,
                          const FeatureExtractor* extractor) {
  nlohmann::json settings = rows(options, fingerprint, extractor);
  settings["--min-count"] = options.min_count;
  settings["--max-words"] = options.max_words;
  return to_text(settings);
}

}  // namespace dlcore
