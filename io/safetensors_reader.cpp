#include <algorithm>
#include <bit>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/crc32c.h"
#include "io/float16.h"
#include "io/safetensors.h"
#include "io/safetensors_header.h"
#include "io/stored_tensor.h"

namespace dlcore {

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little endian and read as they are");

namespace {

std::ifstream open_binary(const std::string& path) {
  require_readable_file(path);
  std::ifstream file(path, std::ios::binary);
  require(file.good(), "cannot open {}", path);
  return file;
}

std::string list(std::vector<std::string> names) {
  if (names.size() > 20) {
    const std::size_t more = names.size() - 20;
    names.resize(20);
    names.push_back(fmt::format("and {} more", more));
  }
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

SafetensorsReader::SafetensorsReader(const std::string& path) : path_(path) {
  std::ifstream file = open_binary(path);
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(file.tellg());
  file.seekg(0);
  std::uint64_t length = 0;
  require(size >= sizeof length && file.read(reinterpret_cast<char*>(&length), sizeof length),
          "{} is not a safetensors file: it has {} bytes, fewer than the 8 of the header's length", path,
          size);
  require(length <= safetensors_header_limit,
          "{} is not a safetensors file: it claims a header of {} bytes, more than {}", path, length,
          safetensors_header_limit);
  require(length <= size - sizeof length,
          "{} is truncated or no safetensors file: it claims a header of {} bytes, but has only {} bytes",
          path, length, size);
  std::string header(length, '\0');
  require(static_cast<bool>(file.read(header.data(), static_cast<std::streamsize>(length))), "cannot read {}",
          path);

  SafetensorsHeaderParser parser(path);
  nlohmann::json::sax_parse(header, &parser);
  metadata_ = std::move(parser.metadata);

  const std::uint64_t data = size - sizeof length - length;
  std::vector<std::pair<std::uint64_t, const std::string*>> order;
  for (auto& [name, raw] : parser.tensors) {
    require(raw.type && raw.shape && raw.offsets,
            "{}: tensor \"{}\" needs dtype, shape and data_offsets, but lacks {}", parser.where, name,
            !raw.type    ? "dtype"
            : !raw.shape ? "shape"
                         : "data_offsets");
    const std::size_t element = stored_element_bytes(*raw.type);
    require(element > 0, "{}: tensor \"{}\" has the unknown dtype \"{}\"", parser.where, name, *raw.type);
    require(raw.offsets->size() == 2, "{}: tensor \"{}\" has {} data_offsets, not 2", parser.where, name,
            raw.offsets->size());
    const auto [begin, end] = std::pair{(*raw.offsets)[0], (*raw.offsets)[1]};
    require(begin <= end && end <= data,
            "{}: tensor \"{}\" claims the bytes {} to {}, but the file has {} bytes of data{}", parser.where,
            name, begin, end, data, begin <= end ? " (is it truncated?)" : "");
    require(raw.shape->size() <= static_cast<std::size_t>(Shape::max_rank),
            "{}: tensor \"{}\" has {} dimensions, more than {}", parser.where, name, raw.shape->size(),
            Shape::max_rank);
    std::uint64_t bytes = element;
    bool fits = true, empty = false;
    std::vector<std::int64_t> sizes;
    for (const std::uint64_t extent : *raw.shape) {
      empty |= extent == 0;
      fits &=
          extent <= (std::uint64_t{1} << 62) && (extent == 0 || bytes <= (std::uint64_t{1} << 62) / extent);
      if (!fits) break;
      bytes *= std::max<std::uint64_t>(extent, 1);  // a zero must not hide an overflow
      sizes.push_back(static_cast<std::int64_t>(extent));
    }
    if (empty) bytes = 0;
    require(
        fits && bytes == end - begin,
        "{}: tensor \"{}\" of type {} and shape [{}] does not have the {} bytes that its data_offsets say",
        parser.where, name, *raw.type, fmt::join(*raw.shape, ", "), end - begin);
    entries_[name] = {*raw.type, Shape(std::span<const std::int64_t>(sizes)), sizeof length + length + begin,
                      sizeof length + length + end};
  }

  for (const auto& [name, entry] : entries_) order.emplace_back(entry.begin, &name);
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    return std::pair(a.first, entries_[*a.second].end) < std::pair(b.first, entries_[*b.second].end);
  });
  std::uint64_t reached = sizeof length + length;
  const std::string* before = nullptr;
  for (const auto& [begin, name] : order) {
    require(begin >= reached, "{}: the data of tensors \"{}\" and \"{}\" overlap", parser.where,
            before ? *before : "", *name);
    require(begin == reached, "{}: there are {} unused bytes before the data of tensor \"{}\"", parser.where,
            begin - reached, *name);
    reached = entries_[*name].end;
    before = name;
  }
  require(reached == size, "{}: there are {} unused bytes after the last tensor", parser.where,
          size - reached);
}

const std::string& SafetensorsReader::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  if (found != metadata_.end()) return found->second;
  std::vector<std::string> keys;
  for (const auto& [name, value] : metadata_) keys.push_back(name);
  fail("{} has no metadata \"{}\"; it has: {}", path_, key, list(keys));
}

std::vector<std::string> SafetensorsReader::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

const SafetensorsReader::Entry& SafetensorsReader::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) fail("{} has no tensor \"{}\"; it has: {}", path_, name, list(names()));
  return found->second;
}

Shape SafetensorsReader::shape(const std::string& name) const {
  return entry(name).shape;
}
std::string SafetensorsReader::stored_type(const std::string& name) const {
  return entry(name).type;
}

void SafetensorsReader::read_bytes(const std::string& name, std::byte* to) const {
  const Entry& from = entry(name);
  const auto bytes = static_cast<std::streamsize>(from.end - from.begin);
  std::ifstream file = open_binary(path_);
  file.seekg(static_cast<std::streamoff>(from.begin));
  require(bytes == 0 || static_cast<bool>(file.read(reinterpret_cast<char*>(to), bytes)),
          "cannot read tensor \"{}\" of {}: the file has become shorter", name, path_);
}

void SafetensorsReader::check_bytes() const {
  const Entry& place = entry(safetensors_crc);
  std::uint32_t stored = 0;
  require(place.end - place.begin == sizeof stored, "{}: tensor \"{}\" has {} bytes, not {}", path_,
          safetensors_crc, place.end - place.begin, sizeof stored);
  std::ifstream file = open_binary(path_);
  std::vector<char> piece(std::size_t{1} << 20);
  std::uint32_t crc = 0;
  std::uint64_t at = 0;
  const auto read = [&](char* to, std::uint64_t bytes) {
    require(static_cast<bool>(file.read(to, static_cast<std::streamsize>(bytes))),
            "cannot read {}: the file has become shorter", path_);
    at += bytes;
  };
  while (at < place.begin) {
    const std::uint64_t bytes = std::min<std::uint64_t>(piece.size(), place.begin - at);
    read(piece.data(), bytes);
    crc = crc32c({piece.data(), bytes}, crc);
  }
  read(reinterpret_cast<char*>(&stored), sizeof stored);
  require(crc == stored && file.peek() == std::ifstream::traits_type::eof(),
          "{} is damaged: its bytes are not those that were written (checksum {:08x}, expected {:08x})",
          path_, crc, stored);
}

Tensor SafetensorsReader::read(const std::string& name) const {
  static const std::map<std::string, DType> types = {{"F32", DType::float32},   {"F64", DType::float64},
                                                     {"BF16", DType::bfloat16}, {"I32", DType::int32},
                                                     {"I64", DType::int64},     {"F16", DType::float32}};
  const Entry& from = entry(name);
  const auto type = types.find(from.type);
  require(type != types.end(), "{}: tensor \"{}\" has the type {}, which dlcore does not read", path_, name,
          from.type);
  Tensor tensor(from.shape, type->second);
  if (from.type == "F16") {
    std::vector<std::uint16_t> bits(static_cast<std::size_t>(tensor.numel()));
    read_bytes(name, reinterpret_cast<std::byte*>(bits.data()));
    convert_float16(bits.data(), tensor.data<float>(), tensor.numel());
  } else {
    read_bytes(name, static_cast<std::byte*>(tensor.raw()));
  }
  return tensor;
}

}  // namespace dlcore
