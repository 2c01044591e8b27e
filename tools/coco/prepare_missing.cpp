#include "tools/coco/prepare_missing.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "core/error.h"
#include "io/hdf5.h"
#include "io/json_text.h"
#include "tools/coco/coco_settings.h"

namespace dlcore {

using nlohmann::json;

namespace {

// In the words of the configuration, since dlcore_train has not dlcore_prepare's options.
std::string key_of(const std::string& setting) {
  if (setting == "--store-images") return "data.image_size";
  if (setting == "--min-count") return "data.min_count";
  if (setting == "--max-words") return "data.max_words";
  return setting;
}

// The first setting with which the file would become another, as a sentence's part; empty: there is none.
std::string difference(const json& then, const json& now) {
  if (!then.is_object()) return "it does not say what it was made from";
  for (const auto& [setting, value] : now.items()) {
    if (setting == "encoder" || setting == "--float32") continue;  // of features
    const json old = then.value(setting, json());
    if (old == value) continue;
    if (setting.starts_with("pictures")) return "the " + setting + " in the annotations were others";
    return fmt::format("{} was {} and is now {}", key_of(setting), to_text(old), to_text(value));
  }
  return "";
}

void require_same_source(const CocoOptions& options) {
  const std::string source = Hdf5File::open(options.out).text_attribute("source").value_or("");
  const std::uint64_t fingerprint = list_pictures(options.source).fingerprint;
  const std::string changed =
      difference(parse_json_if_valid(source),
                 parse_json(file_settings(options, fingerprint, nullptr), "the settings of " + options.out));
  require(
      changed.empty(),
      "data.file {} was made from other pictures, captions or settings than data.annotations {} asks for: "
      "{}; delete the file, so that it is made anew, or name another",
      options.out, options.source.annotations, changed);
}

}  // namespace

void prepare_missing(const CocoOptions& options) {
  std::error_code unreadable;  // then prepare_coco says why
  if (std::filesystem::exists(options.out, unreadable)) {
    require_same_source(options);
    return;
  }
  fmt::print("preparing {} from {} and the pictures in {}\n", options.out, options.source.annotations,
             options.source.images);
  std::fflush(stdout);  // it may take hours
  const PrepareReport report = prepare_coco(options, nullptr);
  write_dropped(report, options.out);
  fmt::print("{}", describe(report, options.out));
  std::fflush(stdout);
}

}  // namespace dlcore
