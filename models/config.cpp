#include "models/config.h"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <map>

#include "core/error.h"
#include "io/atomic_file.h"
#include "models/config_keys.h"

namespace dlcore {
namespace {

const ConfigEntry* find(const std::string& name) {
  for (const auto& entry : config_entries())
    if (entry.key.name == name) return &entry;
  return nullptr;
}

std::string section_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

// The valid keys of a section, or where there is no such section, the sections.
std::string valid_keys(const std::string& section) {
  std::string keys;
  std::string sections;
  std::string last;
  for (const auto& entry : config_entries()) {
    const std::string own = section_of(entry.key.name);
    if (own != last) sections += (sections.empty() ? "" : ", ") + own;
    last = own;
    if (own == section) keys += (keys.empty() ? "" : ", ") + entry.key.name;
  }
  return keys.empty() ? "the sections are " + sections : "'" + section + "' has " + keys;
}

void set(Config& config, const ConfigEntry& entry, const YAML::Node& value, const std::string& place) {
  try {
    entry.read(config, value);
  } catch (const Error& error) {
    fail("{}: '{}' {}", place, entry.key.name, error.what());
  }
}

struct Unknown {
  std::string text;   // "'model.cel' (line 3)"
  std::string first;  // section of the first one
  int count = 0;

  void add(const std::string& name, int line) {
    text += fmt::format("{}'{}' (line {})", text.empty() ? "" : ", ", name, line);
    if (count++ == 0) first = section_of(name);
  }
};

// The lines at which names were first seen: YAML forbids a key that is there twice, but yaml-cpp lets it
// pass.
class FirstLines {
 public:
  explicit FirstLines(std::string where) : where_(std::move(where)) {}

  void add(const std::string& name, int line) {
    const auto [first, is_new] = lines_.emplace(name, line);
    require(is_new, "{}: line {}: '{}' is there twice, first at line {}", where_, line, name, first->second);
  }

 private:
  std::string where_;
  std::map<std::string, int> lines_;
};

void read(Config& config, const YAML::Node& root, const std::string& where) {
  if (root.IsNull()) return;
  require(root.IsMap(), "{}: a configuration is a map of sections, but the file is not a map", where);
  Unknown unknown;
  FirstLines seen(where);
  for (const auto& section : root) {
    require(section.first.IsScalar(), "{}: line {}: a section's name must be text", where,
            section.first.Mark().line + 1);
    const std::string name = section.first.Scalar();
    const int line = section.first.Mark().line + 1;
    seen.add(name, line);
    if (valid_keys(name).starts_with("the sections")) {
      unknown.add(name, line);
      continue;
    }
    if (section.second.IsNull()) continue;
    if (const ConfigEntry* entry = find(name)) {  // a section that is one key
      set(config, *entry, section.second, fmt::format("{}: line {}", where, line));
      continue;
    }
    require(section.second.IsMap(), "{}: line {}: '{}' must be a section with keys", where, line, name);
    for (const auto& pair : section.second) {
      require(pair.first.IsScalar(), "{}: line {}: a key must be text", where, pair.first.Mark().line + 1);
      const std::string key = name + "." + pair.first.Scalar();
      const int key_line = pair.first.Mark().line + 1;
      seen.add(key, key_line);
      if (const ConfigEntry* entry = find(key))
        set(config, *entry, pair.second, fmt::format("{}: line {}", where, key_line));
      else
        unknown.add(key, key_line);
    }
  }
  require(unknown.count == 0, "{}: unknown {} {}; {}", where, unknown.count == 1 ? "key" : "keys",
          unknown.text, valid_keys(unknown.first));
}

void override(Config& config, const std::string& assignment) {
  const auto equals = assignment.find('=');
  require(equals != std::string::npos && equals > 0, "--set {}: expected KEY=VALUE", assignment);
  const std::string name = assignment.substr(0, equals);
  const ConfigEntry* entry = find(name);
  require(entry != nullptr, "--set {}: unknown key '{}'; {}", assignment, name, valid_keys(section_of(name)));
  // The value is taken as it stands: "a: b" or "#3" would mean something else to a YAML parser.
  set(config, *entry, YAML::Node(assignment.substr(equals + 1)), "--set " + assignment);
}

}  // namespace

Config parse_config(const std::string& text, const std::string& where,
                    const std::vector<std::string>& overrides) {
  Config config;
  try {
    read(config, YAML::Load(text), where);
  } catch (const YAML::Exception& error) {
    fail("{}: line {}: not valid YAML: {}", where, error.mark.line + 1, error.msg);
  }
  for (auto& node : config.graph.nodes) node.place = where + ": " + node.place;
  for (const auto& assignment : overrides) override(config, assignment);
  return config;
}

Config load_config(const std::string& path, const std::vector<std::string>& overrides) {
  return parse_config(read_file(path, std::size_t{256} << 10), path, overrides);
}

std::string Config::Data::located(const std::string& path) const {
  return path.empty() ? path : (std::filesystem::path(root) / path).string();
}

std::vector<ConfigKey> config_keys() {
  std::vector<ConfigKey> keys;
  for (const auto& entry : config_entries()) keys.push_back(entry.key);
  return keys;
}

std::vector<std::pair<ConfigKey, std::string>> config_values(const Config& config) {
  std::vector<std::pair<ConfigKey, std::string>> values;
  for (const auto& entry : config_entries()) values.emplace_back(entry.key, entry.write(config));
  return values;
}

std::string dump_config(const Config& config) {
  std::string text;
  std::string section;
  for (const auto& [key, value] : config_values(config)) {
    const std::string own = section_of(key.name);
    if (own == key.name) {
      text += "\ngraph:" + std::string(config.graph.empty() ? " []" : "") + "\n";
      for (const auto& line : graph_lines(config.graph)) text += "  - " + line + "\n";
      section = own;
      continue;
    }
    if (own != section) text += (section.empty() ? "" : "\n") + own + ":\n";
    section = own;
    text += "  " + key.name.substr(own.size() + 1) + ": " + value + "\n";
  }
  return text;
}

std::string config_table() {
  std::string text = "| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const auto& key : config_keys())
    text += fmt::format("| `{}` | {} | `{}` | {} |\n", key.name, key.type, key.initial, key.meaning);
  return text;
}

}  // namespace dlcore
