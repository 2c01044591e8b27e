#include "tools/plugin_option.h"

#include <string>
#include <vector>

#include "core/plugin.h"

namespace dlcore {

void add_plugin_option(CLI::App& app) {
  app.add_option_function<std::vector<std::string>>(
         "--plugin",
         [](const std::vector<std::string>& paths) {
           for (const std::string& path : paths) load_plugin(path);
         },
         "Shared object with layers, cells or encoders that a configuration or model names; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

}  // namespace dlcore
