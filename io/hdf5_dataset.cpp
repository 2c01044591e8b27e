#include <algorithm>
#include <filesystem>
#include <limits>
#include <new>
#include <type_traits>

#include "core/error.h"
#include "io/float16.h"
#include "io/hdf5_internal.h"

namespace dlcore {

namespace {

std::string float_name(hid_t type, std::size_t bytes) {
  std::size_t sign = 0, exponent_at = 0, exponent = 0, mantissa_at = 0, mantissa = 0;
  H5Tget_fields(type, &sign, &exponent_at, &exponent, &mantissa_at, &mantissa);
  if (bytes == 2 && exponent == 5 && mantissa == 10) return "float16";
  if (bytes == 2 && exponent == 8 && mantissa == 7) return "bfloat16";
  if (bytes == 4 && exponent == 8 && mantissa == 23) return "float32";
  if (bytes == 8 && exponent == 11 && mantissa == 52) return "float64";
  return fmt::format("float of {} bytes", bytes);
}

// The position of element `flat` of `shape`: "[3, 5]".
std::string position(const Shape& shape, std::int64_t flat) {
  std::vector<std::int64_t> at(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    at[static_cast<std::size_t>(axis)] = flat % shape[axis];
    flat /= shape[axis];
  }
  return fmt::format("[{}]", fmt::join(at, ", "));
}

template <class T>
std::vector<T> read_all(const Hdf5Dataset& dataset, hid_t id, hid_t memory_type) {
  const auto count = static_cast<std::size_t>(dataset.shape().numel());
  dataset.require_plausible_size(sizeof(T));
  std::vector<T> values;
  try {
    values.resize(count);
  } catch (const std::exception&) {
    fail("{} of shape {} does not fit into memory", dataset.where(), to_string(dataset.shape()));
  }
  if (count > 0 && H5Dread(id, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    fail("cannot read {}: {}", dataset.where(), hdf5_reason());
  return values;
}

void read_slab(const Hdf5Dataset& dataset, hid_t id, hid_t memory_type, std::int64_t begin,
               std::int64_t count, void* out) {
  const Shape shape = dataset.shape();
  if (shape.rank() < 1 || begin < 0 || count < 0 || begin > shape[0] - count)
    fail("rows {} to {} are outside {} of shape {}", begin, begin + count - 1, dataset.where(),
         to_string(shape));
  if (count == 0) return;
  hsize_t start[Shape::max_rank] = {static_cast<hsize_t>(begin)};
  hsize_t size[Shape::max_rank] = {static_cast<hsize_t>(count)};
  for (int axis = 1; axis < shape.rank(); ++axis) size[axis] = static_cast<hsize_t>(shape[axis]);
  const Hdf5Id space(H5Dget_space(id), H5Sclose);
  const Hdf5Id memory(H5Screate_simple(shape.rank(), size, nullptr), H5Sclose);
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, size, nullptr) < 0 ||
      H5Dread(id, memory_type, memory, space, H5P_DEFAULT, out) < 0)
    fail("cannot read rows {} to {} of {}: {}", begin, begin + count - 1, dataset.where(), hdf5_reason());
}

}  // namespace

Hdf5Type describe_hdf5_type(hid_t type) {
  Hdf5Type result;
  result.bytes = H5Tget_size(type);
  const bool native = H5Tget_order(type) == H5Tget_order(H5T_NATIVE_INT) || result.bytes == 1;
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      result.kind = Hdf5Type::Kind::integer;
      result.name = fmt::format("{}{}", H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int", 8 * result.bytes);
      result.raw_ready = native && H5Tget_precision(type) == 8 * result.bytes;
      break;
    case H5T_FLOAT:
      result.kind = Hdf5Type::Kind::floating;
      result.name = float_name(type, result.bytes);
      result.raw_ready = native && result.name.find(' ') == std::string::npos;
      break;
    case H5T_STRING:
      result.kind = Hdf5Type::Kind::text;
      result.name = "text";
      break;
    case H5T_COMPOUND:
      result.name = "compound";
      break;
    case H5T_ENUM:
      result.name = "enumeration";
      break;
    case H5T_VLEN:
      result.name = "lists of varying length";
      break;
    case H5T_REFERENCE:
      result.name = "references";
      break;
    default:
      result.name = "an unusual type";
      break;
  }
  return result;
}

Hdf5Id make_float16_type() {
  Hdf5Id type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(type, 15, 10, 5, 0, 10);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, 15);
  return type;
}

const std::string& Hdf5Dataset::file() const {
  return impl_->file->path;
}
const std::string& Hdf5Dataset::name() const {
  return impl_->name;
}
std::string Hdf5Dataset::where() const {
  return fmt::format("dataset {} of {}", name(), file());
}
const Hdf5Type& Hdf5Dataset::type() const {
  return impl_->type;
}
std::int64_t Hdf5Dataset::chunk_rows() const {
  return impl_->chunk_rows;
}

Shape Hdf5Dataset::shape() const {
  Hdf5Lock lock;
  const Hdf5Id space(H5Dget_space(impl_->id), H5Sclose);
  if (!space.valid()) fail("cannot read the shape of {}: {}", where(), hdf5_reason());
  if (H5Sget_simple_extent_type(space) == H5S_NULL) fail("{} holds nothing", where());
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > Shape::max_rank)
    fail("{} has {} dimensions, more than {}", where(), rank, Shape::max_rank);
  hsize_t sizes[Shape::max_rank] = {};
  H5Sget_simple_extent_dims(space, sizes, nullptr);
  std::int64_t extents[Shape::max_rank] = {};
  std::uint64_t bytes = 16;  // the widest element
  for (int axis = 0; axis < rank; ++axis) {
    if (sizes[axis] != 0 && bytes > (std::uint64_t{1} << 62) / sizes[axis])
      fail("{} has an impossible size, {} along axis {}", where(), sizes[axis], axis);
    bytes *= sizes[axis] == 0 ? 1 : sizes[axis];
    extents[axis] = static_cast<std::int64_t>(sizes[axis]);
  }
  return Shape(std::span<const std::int64_t>(extents, static_cast<std::size_t>(rank)));
}

std::uint64_t Hdf5Dataset::stored_bytes() const {
  Hdf5Lock lock;
  const std::uint64_t claimed = H5Dget_storage_size(impl_->id);
  std::error_code gone;  // a file that was removed can still be read
  const std::uintmax_t file_bytes = std::filesystem::file_size(file(), gone);
  return gone ? claimed : std::min<std::uint64_t>(claimed, file_bytes);
}

void Hdf5Dataset::require_plausible_size(std::size_t memory_bytes) const {
  Hdf5Lock lock;
  const auto elements = static_cast<std::uint64_t>(shape().numel());
  if (!impl_->file->reading([&] { return is_plausible(elements, memory_bytes); }))
    fail("{} claims a shape of {}, but only {} bytes of data are stored", where(), to_string(shape()),
         stored_bytes());
}

// Whether so many elements may be there.
bool Hdf5Dataset::is_plausible(std::uint64_t elements, std::size_t memory_bytes) const {
  const std::size_t bytes = std::max<std::size_t>(type().bytes, 1);
  if (elements <= hdf5_free_bytes / std::max(bytes, memory_bytes)) return true;
  return elements <= 1100 * stored_bytes() / bytes;  // nothing compresses by more than deflate's 1032
}

std::vector<std::int64_t> Hdf5Dataset::read_int64() const {
  require(type().kind == Hdf5Type::Kind::integer, "{} should hold integers, but holds {}", where(),
          type().name);
  Hdf5Lock lock;
  auto values =
      impl_->file->reading([&] { return read_all<std::int64_t>(*this, impl_->id, H5T_NATIVE_INT64); });
  if (type().name == "uint64")  // the library saturates
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] == std::numeric_limits<std::int64_t>::max())
        fail("{} holds a number at {} which is beyond 64 bits with sign", where(),
             position(shape(), static_cast<std::int64_t>(i)));
  return values;
}

std::vector<std::int32_t> Hdf5Dataset::read_int32() const {
  const Hdf5Type& stored = type();
  if (stored.kind == Hdf5Type::Kind::integer && (stored.bytes < 4 || stored.name == "int32")) {
    Hdf5Lock lock;
    return impl_->file->reading([&] { return read_all<std::int32_t>(*this, impl_->id, H5T_NATIVE_INT32); });
  }
  const auto wide = read_int64();
  std::vector<std::int32_t> values(wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    values[i] = static_cast<std::int32_t>(wide[i]);
    if (values[i] != wide[i])
      fail("{} holds {} at {}, which is beyond 32 bits", where(), wide[i],
           position(shape(), static_cast<std::int64_t>(i)));
  }
  return values;
}

std::vector<float> Hdf5Dataset::read_float() const {
  require(type().kind == Hdf5Type::Kind::floating, "{} should hold floating numbers, but holds {}", where(),
          type().name);
  Hdf5Lock lock;
  return impl_->file->reading([&] { return read_all<float>(*this, impl_->id, H5T_NATIVE_FLOAT); });
}

void Hdf5Dataset::read_rows(std::int64_t begin, std::int64_t count, float* out) const {
  if (type().kind != Hdf5Type::Kind::floating)
    fail("{} should hold floating numbers, but holds {}", where(), type().name);
  impl_->read_rows([&] { read_slab(*this, impl_->id, H5T_NATIVE_FLOAT, begin, count, out); });
}

void Hdf5Dataset::read_rows_raw(std::int64_t begin, std::int64_t count, void* out) const {
  if (!type().raw_ready) fail("{} can't be read raw: it holds {}", where(), type().name);
  impl_->read_rows([&] { read_slab(*this, impl_->id, impl_->stored, begin, count, out); });
}

namespace {

void append_rows(const Hdf5Dataset& dataset, hid_t id, hid_t memory_type, std::size_t values,
                 const void* data) {
  Shape shape = dataset.shape();
  const auto row = static_cast<std::size_t>(shape.with_first(1).numel());
  require(values % row == 0, "{} of shape {} can't take {} values: rows have {}", dataset.where(),
          to_string(shape), values, row);
  if (values == 0) return;
  hsize_t start[Shape::max_rank] = {static_cast<hsize_t>(shape[0])};
  hsize_t size[Shape::max_rank] = {static_cast<hsize_t>(values / row)};
  hsize_t total[Shape::max_rank] = {start[0] + size[0]};
  for (int axis = 1; axis < shape.rank(); ++axis)
    total[axis] = size[axis] = static_cast<hsize_t>(shape[axis]);
  if (H5Dset_extent(id, total) < 0) fail("cannot extend {}: {}", dataset.where(), hdf5_reason());
  const Hdf5Id space(H5Dget_space(id), H5Sclose);
  const Hdf5Id memory(H5Screate_simple(shape.rank(), size, nullptr), H5Sclose);
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, size, nullptr) < 0 ||
      H5Dwrite(id, memory_type, memory, space, H5P_DEFAULT, data) < 0)
    fail("cannot write {}: {}", dataset.where(), hdf5_reason());
}

void append_integers(const Hdf5Dataset& dataset, hid_t id, hid_t memory_type, std::size_t values,
                     const void* data) {
  require(dataset.type().kind == Hdf5Type::Kind::integer, "{} holds {}, not integers", dataset.where(),
          dataset.type().name);
  Hdf5Lock lock;
  append_rows(dataset, id, memory_type, values, data);
}

}  // namespace

void Hdf5Dataset::append(std::span<const std::uint8_t> values) {
  append_integers(*this, impl_->id, H5T_NATIVE_UINT8, values.size(), values.data());
}

void Hdf5Dataset::append(std::span<const std::int32_t> values) {
  append_integers(*this, impl_->id, H5T_NATIVE_INT32, values.size(), values.data());
}

void Hdf5Dataset::append(std::span<const std::int64_t> values) {
  append_integers(*this, impl_->id, H5T_NATIVE_INT64, values.size(), values.data());
}

void Hdf5Dataset::append(std::span<const float> values) {
  require(type().kind == Hdf5Type::Kind::floating, "{} holds {}, not floating numbers", where(), type().name);
  Hdf5Lock lock;
  if (type().name == "float16" && type().raw_ready) {  // the library's conversion is slow
    std::vector<std::uint16_t> bits(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) bits[i] = float16_from_float(values[i]);
    append_rows(*this, impl_->id, impl_->stored, bits.size(), bits.data());
  } else {
    append_rows(*this, impl_->id, H5T_NATIVE_FLOAT, values.size(), values.data());
  }
}

}  // namespace dlcore
