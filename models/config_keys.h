// The table behind models/config.h: every key with how it is read from YAML and written back. Internal to
// models.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <vector>

#include "models/config.h"

namespace dlcore {

struct ConfigEntry {
  ConfigKey key;
  std::function<void(Config&, const YAML::Node&)>
      read;  // throws Error "must be ..., not ..." without the key's name
  std::function<std::string(const Config&)> write;  // as YAML
};

const std::vector<ConfigEntry>& config_entries();

}  // namespace dlcore
