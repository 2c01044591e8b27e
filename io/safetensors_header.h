// The JSON header of a safetensors file, unchecked but for its structure. Internal to io.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "io/json_text.h"

namespace dlcore {

constexpr std::uint64_t safetensors_header_limit = 100'000'000;  // as in the format's own library

// Reads the header event by event: a tree would lose duplicate keys, and could be made arbitrarily deep.
struct SafetensorsHeaderParser : nlohmann::json_sax<nlohmann::json> {
  struct Raw {
    std::optional<std::string> type;
    std::optional<std::vector<std::uint64_t>> shape, offsets;
  };

  explicit SafetensorsHeaderParser(const std::string& path) : where("the header of " + path) {}

  const std::string where;
  std::map<std::string, std::string> metadata;
  std::map<std::string, Raw> tensors;

  int depth = 0;
  bool in_metadata = false, has_metadata = false;
  std::string tensor;                             // the entry that is being read, at depth 2
  std::string field;                              // its key, or the metadata's
  std::vector<std::uint64_t>* numbers = nullptr;  // the list that is being read

  [[noreturn]] void unexpected(const std::string& what) {
    if (depth == 0) fail("{} should be a JSON object, but is {}", where, what);
    if (depth == 1) fail("{}: entry \"{}\" should be a JSON object, but is {}", where, tensor, what);
    if (in_metadata) fail("{}: metadata \"{}\" should be a string, but is {}", where, field, what);
    fail("{}: tensor \"{}\" has {} where \"{}\" was expected to be {}", where, tensor, what, field,
         field == "dtype" ? "a string" : "a list of sizes");
  }

  bool start_object(std::size_t) override {
    if (depth > 1) unexpected("an object");
    if (++depth == 2) {
      in_metadata = tensor == "__metadata__";
      require(!in_metadata || !has_metadata, "{} has __metadata__ twice", where);
      has_metadata |= in_metadata;
      if (!in_metadata) {
        const bool fresh = tensors.try_emplace(tensor).second;
        require(fresh, "{} has the tensor \"{}\" twice", where, tensor);
      }
    }
    return true;
  }
  bool end_object() override {
    if (--depth == 1) in_metadata = false;
    return true;
  }
  bool key(std::string& name) override {
    if (depth == 1) {
      tensor = name;
    } else {
      field = name;
      require(in_metadata || name == "dtype" || name == "shape" || name == "data_offsets",
              "{}: tensor \"{}\" has the unknown key \"{}\"", where, tensor, name);
    }
    return true;
  }
  bool string(std::string& value) override {
    if (depth != 2) unexpected("a string");
    if (in_metadata) {
      const bool fresh = metadata.emplace(field, value).second;
      require(fresh, "{} has the metadata \"{}\" twice", where, field);
      return true;
    }
    auto& type = tensors[tensor].type;
    if (field != "dtype") unexpected("a string");
    require(!type, "{}: tensor \"{}\" has dtype twice", where, tensor);
    type = value;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth != 2 || in_metadata || field == "dtype" || numbers) unexpected("a list");
    auto& values = field == "shape" ? tensors[tensor].shape : tensors[tensor].offsets;
    require(!values, "{}: tensor \"{}\" has {} twice", where, tensor, field);
    numbers = &values.emplace();
    return true;
  }
  bool end_array() override {
    numbers = nullptr;
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    if (!numbers) unexpected("a number");
    numbers->push_back(value);
    return true;
  }
  bool number_integer(std::int64_t) override { unexpected("a negative number"); }
  bool number_float(double, const std::string&) override { unexpected("a number with a fraction"); }
  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a truth value"); }
  bool binary(nlohmann::json::binary_t&) override { unexpected("binary data"); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    fail("{} is not valid JSON: {}", where, json_reason(error));
  }
};

}  // namespace dlcore
