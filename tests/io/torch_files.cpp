#include "tests/io/torch_files.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>

#include "core/format.h"
#include "io/safetensors.h"

namespace dlcore::test {
namespace {

std::vector<std::byte> bytes_of(const SafetensorsReader& file, const std::string& name) {
  std::vector<std::byte> bytes(StoredTensor{name, file.stored_type(name), file.shape(name)}.bytes());
  file.read_bytes(name, bytes.data());
  return bytes;
}

const SafetensorsReader& hostile() {
  static const SafetensorsReader file(torch_files + "hostile.safetensors");
  return file;
}

}  // namespace

std::vector<std::string> good_torch_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(torch_files))
    if (entry.path().extension() == ".pth") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string hostile_torch_file(const std::string& name) {
  const auto bytes = bytes_of(hostile(), name);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::string> hostile_torch_files() {
  return hostile().names();
}

std::string torch_file_key(const std::string& name) {
  return name == "two" ? "model" : "";
}

std::string difference_from_torch(WeightsFile& weights, const std::string& name) {
  static const SafetensorsReader expected(torch_files + "expected.safetensors");
  std::set<std::string> missing;
  for (const auto& each : expected.names())
    if (each.starts_with(name + "/")) missing.insert(each.substr(name.size() + 1));
  if (missing.empty()) return "nothing is expected of " + name;
  for (std::size_t i = 0; i < weights.tensors().size(); ++i) {
    const StoredTensor& each = weights.tensors()[i];
    if (missing.erase(each.name) == 0) return fmt::format("unexpected or twice: {}", each.name);
    const std::string full = name + "/" + each.name;
    if (each.type != expected.stored_type(full) || each.shape != expected.shape(full))
      return fmt::format("{} is {} {}, expected {} {}", each.name, each.type, each.shape,
                         expected.stored_type(full), expected.shape(full));
    const auto bytes = weights.read(i);
    const auto wanted = bytes_of(expected, full);
    if (!std::equal(bytes.begin(), bytes.end(), wanted.begin(), wanted.end()))
      return fmt::format("{} has other elements", each.name);
  }
  return missing.empty() ? "" : fmt::format("missing: {}", fmt::join(missing, ", "));
}

void read_everything(const std::string& path, const std::string& key) {
  const auto weights = open_weights(path, key);
  for (std::size_t i = 0; i < weights->tensors().size(); ++i) weights->read(i);
}

}  // namespace dlcore::test
