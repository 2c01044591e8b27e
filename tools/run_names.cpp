#include "tools/run_names.h"

#include <filesystem>
#include <utility>

#include "core/error.h"
#include "models/config.h"

namespace dlcore {

std::string urls_of_run(const std::string& model, const std::string& features) {
  namespace fs = std::filesystem;
  std::error_code none;
  const fs::path path = fs::path(model).parent_path() / "config.yaml";
  if (!fs::exists(path, none)) return {};
  Config config;
  try {
    config = load_config(path.string(), {});
  } catch (const Error&) {
    return {};  // the model was moved beside something else's configuration
  }
  const Config::Data& data = config.data;
  for (const auto& [file, urls] :
       {std::pair(data.train_features, data.train_urls), std::pair(data.val_features, data.val_urls)})
    if (!file.empty() && !urls.empty() && fs::equivalent(data.located(file), features, none) &&
        fs::exists(data.located(urls), none))
      return data.located(urls);
  return {};
}

}  // namespace dlcore
