#include <algorithm>
#include <set>
#include <utility>

#include "core/error.h"
#include "io/crc32c.h"
#include "io/json_text.h"
#include "io/safetensors.h"
#include "io/safetensors_header.h"

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

SafetensorsWriter::SafetensorsWriter(const std::string& path, std::vector<StoredTensor> tensors,
                                     const std::map<std::string, std::string>& metadata, Checksum checksum)
    : order_(std::move(tensors)), file_(path), checksum_(checksum) {
  // The format allows no gaps, so alignment comes from the order: 8-byte elements, then 4, then 2, then 1.
  std::stable_sort(order_.begin(), order_.end(), [](const StoredTensor& a, const StoredTensor& b) {
    return stored_element_bytes(a.type) > stored_element_bytes(b.type);
  });
  std::set<std::string> names;
  std::string text = "{";
  const auto add = [&](const std::string& name, const nlohmann::json& value) {
    if (text.size() > 1) text += ',';
    text += to_text(name) + ':' + to_text(value);
  };
  if (!metadata.empty()) add("__metadata__", metadata);
  std::vector<StoredTensor> all = order_;
  if (checksum == Checksum::crc32c) all.push_back({safetensors_crc, "U8", {sizeof crc_}});
  for (const StoredTensor& each : all) {
    const bool fresh = names.insert(each.name).second;
    require(fresh, "cannot write {}: there are two tensors \"{}\"", path, each.name);
    require(each.name != "__metadata__", "cannot write {}: a tensor can't be named __metadata__", path);
    require(is_utf8(each.name), "cannot write {}: a tensor's name {} is not UTF-8", path, to_text(each.name));
    const auto sizes = each.shape.sizes();
    add(each.name, {{"dtype", each.type},
                    {"shape", std::vector<std::int64_t>(sizes.begin(), sizes.end())},
                    {"data_offsets", {missing_, missing_ + each.bytes()}}});
    missing_ += each.bytes();
  }
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t length = text.size();
  require(length <= safetensors_header_limit, "cannot write {}: its header would have {} bytes, more than {}",
          path, length, safetensors_header_limit);
  if (checksum == Checksum::crc32c) missing_ -= sizeof crc_;  // finish() has them
  put(&length, sizeof length);
  put(text.data(), text.size());
}

void SafetensorsWriter::put(const void* data, std::size_t bytes) {
  if (checksum_ == Checksum::crc32c) crc_ = crc32c({static_cast<const char*>(data), bytes}, crc_);
  file_.write(data, bytes);
}

void SafetensorsWriter::write(const void* data, std::size_t bytes) {
  require(bytes <= missing_, "cannot write {}: {} more bytes came than its tensors have", file_.path(),
          bytes - missing_);
  put(data, bytes);
  missing_ -= bytes;
}

void SafetensorsWriter::finish() {
  require(missing_ == 0, "cannot write {}: {} bytes of its tensors did not come", file_.path(), missing_);
  if (checksum_ == Checksum::crc32c) file_.write(&crc_, sizeof crc_);
  file_.commit();
}

void write_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata,
                       SafetensorsWriter::Checksum checksum) {
  std::vector<StoredTensor> stored;
  std::map<std::string, const Tensor*> by_name;
  for (const NamedTensor& each : tensors) {
    require(each.tensor.defined(), "cannot write {}: the tensor \"{}\" is undefined", path, each.name);
    stored.push_back({each.name, type_name(each.tensor.dtype()), each.tensor.shape()});
    by_name[each.name] = &each.tensor;
  }
  SafetensorsWriter writer(path, std::move(stored), metadata, checksum);
  for (const StoredTensor& each : writer.order()) {
    const Tensor host = by_name.at(each.name)->to(Device::cpu());
    writer.write(host.raw(), host.bytes());
  }
  writer.finish();
}

}  // namespace dlcore
