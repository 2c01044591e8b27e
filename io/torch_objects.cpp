#include "io/torch_objects.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/error.h"
#include "io/json_text.h"
#include "io/stored_tensor.h"

namespace dlcore {
namespace {

enum Kind { kind_storage, kind_tensor };

constexpr std::uint64_t most_elements = std::uint64_t{1} << 59;  // as in core/shape.h
constexpr std::size_t most_dimensions = 16;
constexpr std::size_t most_tensors = 1'000'000;

const std::map<std::string, std::string>& storage_types() {
  static const std::map<std::string, std::string> types{
      {"torch.FloatStorage", "F32"},     {"torch.DoubleStorage", "F64"}, {"torch.HalfStorage", "F16"},
      {"torch.BFloat16Storage", "BF16"}, {"torch.LongStorage", "I64"},   {"torch.IntStorage", "I32"},
      {"torch.ShortStorage", "I16"},     {"torch.CharStorage", "I8"},    {"torch.ByteStorage", "U8"},
      {"torch.BoolStorage", "BOOL"}};
  return types;
}

const PickleObject* object(const PickleValues& values, PickleRef ref, Kind kind) {
  const auto* found = values.get<PickleObject>(ref);
  return found && found->kind == kind ? found : nullptr;
}

// A size that is not negative and not absurd.
std::optional<std::uint64_t> natural(const PickleValues& values, PickleRef ref) {
  const auto* number = values.get<std::int64_t>(ref);
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > most_elements) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::string described(const PickleValues& values, PickleRef ref) {
  const auto* number = values.get<std::int64_t>(ref);
  return number ? std::to_string(*number) : values.kind(ref);
}

std::vector<std::int64_t> naturals(const PickleValues& values, PickleRef ref, const char* what) {
  const auto* tuple = values.get<PickleSequence>(ref);
  require(tuple, "{}: a tensor's {} should be a tuple of sizes, but is {}", values.where(), what,
          values.kind(ref));
  require(tuple->items.size() <= most_dimensions, "{}: a tensor's {} has {} dimensions, more than {}",
          values.where(), what, tuple->items.size(), most_dimensions);
  std::vector<std::int64_t> result;
  for (const PickleRef item : tuple->items) {
    const auto number = natural(values, item);
    if (!number)
      fail("{}: a tensor's {} should be sizes from 0 to 2^59, but one is {}", values.where(), what,
           described(values, item));
    result.push_back(static_cast<std::int64_t>(*number));
  }
  return result;
}

}  // namespace

std::uint64_t TorchStorage::bytes() const {
  return count * stored_element_bytes(type);
}

std::int64_t TorchTensor::count() const {
  std::int64_t product = 1;
  for (const std::int64_t size : sizes) product *= size;
  return product;
}

std::int64_t TorchTensor::last() const {
  if (count() == 0) return offset;
  std::int64_t end = offset + 1;
  for (std::size_t i = 0; i < sizes.size(); ++i) end += (sizes[i] - 1) * strides[i];
  return end;
}

const TorchTensor* TorchObjects::tensor(const PickleValues& values, PickleRef ref) const {
  const auto* found = object(values, ref, kind_tensor);
  return found ? &tensors_[found->index] : nullptr;
}

std::string TorchObjects::refusal(const std::string& global) const {
  static const std::set<std::string> functions{"torch.Size", "torch._utils._rebuild_tensor",
                                               "torch._utils._rebuild_tensor_v2",
                                               "torch._utils._rebuild_parameter"};
  static const std::set<std::string> other_tensors{
      "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_sparse_tensor",
      "torch._utils._rebuild_qtensor", "torch._utils._rebuild_nested_tensor",
      "torch._utils._rebuild_meta_tensor_no_storage"};
  if (storage_types().contains(global) || functions.contains(global)) return "";
  const bool other_type =
      global.starts_with("torch.") && global.ends_with("Storage") && global.find('.', 6) == global.npos;
  if (other_type || other_tensors.contains(global))
    return fmt::format("there is a tensor of a type that dlcore does not read ({})", quoted_piece(global));
  const char* whole =
      global.starts_with("torch.nn.") ? " (a whole model was saved: save model.state_dict() instead)" : "";
  return fmt::format("the pickle wants to call {}, which dlcore never does{}", quoted_piece(global), whole);
}

PickleValue TorchObjects::call(const std::string& global, std::span<const PickleRef> arguments,
                               const PickleValues& values) {
  if (global == "torch._utils._rebuild_parameter") {  // (data, requires_grad, backward_hooks)
    require(arguments.size() == 3 && tensor(values, arguments[0]), "{}: a parameter is not made of a tensor",
            values.where());
    return *values.get<PickleObject>(arguments[0]);
  }
  if (global == "torch.Size") {
    const auto* sizes = arguments.size() == 1 ? values.get<PickleSequence>(arguments[0]) : nullptr;
    require(sizes && sizes->items.size() <= most_dimensions,
            "{}: a torch.Size is not made of a tuple of sizes", values.where());
    return PickleSequence{true, sizes->items};
  }
  require(global == "torch._utils._rebuild_tensor" || global == "torch._utils._rebuild_tensor_v2",
          "{}: the pickle wants to call {}, which dlcore never does", values.where(), global);
  return rebuild_tensor(arguments, values);
}

// (storage, offset, sizes, strides[, requires_grad, backward_hooks[, metadata]])
PickleValue TorchObjects::rebuild_tensor(std::span<const PickleRef> arguments, const PickleValues& values) {
  const std::string& where = values.where();
  require(arguments.size() >= 4 && arguments.size() <= 7,
          "{}: a tensor is made of {} values, expected 4 to 7", where, arguments.size());
  const auto* from = object(values, arguments[0], kind_storage);
  require(from, "{}: a tensor's storage is {}", where, values.kind(arguments[0]));
  const View& view = views_[from->index];
  const auto offset = natural(values, arguments[1]);
  require(offset.has_value(),
          "{}: a tensor's offset in its storage should be a size from 0 to 2^59, but is {}", where,
          described(values, arguments[1]));
  TorchTensor tensor{view.storage, static_cast<std::int64_t>(view.offset + *offset),
                     naturals(values, arguments[2], "shape"), naturals(values, arguments[3], "strides")};
  require(tensor.sizes.size() == tensor.strides.size(), "{}: a tensor has {} dimensions, but {} strides",
          where, tensor.sizes.size(), tensor.strides.size());
  // With metadata PyTorch marks tensors whose numbers are not what the storage says (negated, conjugated).
  const auto* metadata = arguments.size() == 7 ? values.get<PickleDict>(arguments[6]) : nullptr;
  require(
      arguments.size() < 7 || (metadata && metadata->items.empty()) || values.get<PickleNone>(arguments[6]),
      "{}: a tensor has metadata (as a negated view has), which dlcore does not read", where);

  bool empty = false, fits = true;
  std::uint64_t end = *offset, count = 1;
  for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
    const auto size = static_cast<std::uint64_t>(tensor.sizes[i]);
    const auto stride = static_cast<std::uint64_t>(tensor.strides[i]);
    empty |= size == 0;
    std::uint64_t step = 0;
    fits = fits && !__builtin_mul_overflow(count, std::max<std::uint64_t>(size, 1), &count) &&
           count <= most_elements;
    fits = fits && (size <= 1 || (!__builtin_mul_overflow(size - 1, stride, &step) && step <= most_elements));
    end = std::min(end + step, 2 * most_elements);
  }
  require(fits, "{}: a tensor of shape [{}] has too many elements", where, fmt::join(tensor.sizes, ", "));
  require(
      empty || end < view.count,  // an empty one may begin anywhere
      "{}: a tensor of shape [{}], strides [{}] and offset {} does not lie within its storage of {} elements",
      where, fmt::join(tensor.sizes, ", "), fmt::join(tensor.strides, ", "), *offset, view.count);
  require(tensors_.size() < most_tensors, "{}: there are more than {} tensors", where, most_tensors);
  tensors_.push_back(std::move(tensor));
  return PickleObject{kind_tensor, static_cast<std::uint32_t>(tensors_.size() - 1)};
}

// ("storage", class, key, device, elements[, None or (key, offset, elements) of a view])
PickleValue TorchObjects::load(PickleRef id, const PickleValues& values) {
  const std::string& where = values.where();
  const auto* tuple = values.get<PickleSequence>(id);
  const std::size_t parts = tuple ? tuple->items.size() : 0;
  const auto* kind = parts > 0 ? values.get<std::string>(tuple->items[0]) : nullptr;
  require(kind && *kind == "storage" && (parts == 5 || parts == 6),
          "{}: the pickle refers to something outside of it that is no storage{}", where,
          kind ? " (" + quoted_piece(*kind) + ")" : "");
  const auto* global = values.get<PickleGlobal>(tuple->items[1]);
  const auto type = global ? storage_types().find(global->name) : storage_types().end();
  require(type != storage_types().end(), "{}: the class of a storage is {}", where,
          global ? global->name : values.kind(tuple->items[1]));
  const auto* key = values.get<std::string>(tuple->items[2]);
  const auto count = natural(values, tuple->items[4]);
  require(key && count, "{}: a storage's key is {} and its number of elements {}", where,
          values.kind(tuple->items[2]), values.kind(tuple->items[4]));

  const auto [place, fresh] = by_key_.emplace(*key, static_cast<std::uint32_t>(storages_.size()));
  if (fresh) storages_.push_back({*key, type->second, *count});
  const TorchStorage& storage = storages_[place->second];
  require(storage.type == type->second && storage.count == *count,
          "{}: storage \"{}\" is {} elements of {} in one place and {} of {} in another", where,
          quoted_piece(*key), storage.count, storage.type, *count, type->second);

  View view{place->second, 0, *count};
  if (parts == 6 && !values.get<PickleNone>(tuple->items[5])) {
    const auto* of = values.get<PickleSequence>(tuple->items[5]);
    const auto offset = of && of->items.size() == 3 ? natural(values, of->items[1]) : std::nullopt;
    const auto size = offset ? natural(values, of->items[2]) : std::nullopt;
    require(size && *offset <= *count && *size <= *count - *offset,
            "{}: a view of storage \"{}\" does not lie within its {} elements", where, quoted_piece(*key),
            *count);
    view.offset = *offset;
    view.count = *size;
  }
  views_.push_back(view);
  return PickleObject{kind_storage, static_cast<std::uint32_t>(views_.size() - 1)};
}

}  // namespace dlcore
