#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/json_text.h"
#include "io/safetensors.h"

namespace dlcore {

namespace {

const char* type_name(DType type) {
  switch (type) {
    case DType::float32:
      return "F32";
    case DType::float64:
      return "F64";
    case DType::bfloat16:
      return "BF16";
    case DType::int32:
      return "I32";
    case DType::int64:
      return "I64";
  }
  return "";
}

}  // namespace

void write_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::set<std::string> names;
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& each : tensors) {
    const bool fresh = names.insert(each.name).second;
    require(fresh, "cannot write {}: there are two tensors \"{}\"", path, each.name);
    require(each.name != "__metadata__", "cannot write {}: a tensor can't be named __metadata__", path);
    require(each.tensor.defined(), "cannot write {}: the tensor \"{}\" is undefined", path, each.name);
    order.push_back(&each);
  }
  // The format allows no gaps, so alignment comes from the order: 8-byte elements, then 4, then 2.
  std::stable_sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    return size_of(a->tensor.dtype()) > size_of(b->tensor.dtype());
  });

  std::size_t offset = 0;
  std::string text = "{";
  const auto add = [&](const std::string& name, const nlohmann::json& value) {
    if (text.size() > 1) text += ',';
    text += to_text(name) + ':' + to_text(value);
  };
  if (!metadata.empty()) add("__metadata__", metadata);
  for (const NamedTensor* each : order) {
    const auto sizes = each->tensor.shape().sizes();
    add(each->name, {{"dtype", type_name(each->tensor.dtype())},
                     {"shape", std::vector<std::int64_t>(sizes.begin(), sizes.end())},
                     {"data_offsets", {offset, offset + each->tensor.bytes()}}});
    offset += each->tensor.bytes();
  }
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');

  AtomicFile file(path);
  const std::uint64_t length = text.size();
  file.write(&length, sizeof length);
  file.write(text);
  for (const NamedTensor* each : order) {
    const Tensor host = each->tensor.to(Device::cpu());
    file.write(host.raw(), host.bytes());
  }
  file.commit();
}

}  // namespace dlcore
