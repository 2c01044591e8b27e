// Text in HDF5 comes in two kinds: pointers to strings of any length, and slots of a fixed length padded with
// zeros or spaces. h5py writes the former, PyTables and numpy's S types the latter.
#include <algorithm>
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "io/hdf5_internal.h"
#include "io/hdf5_references.h"

namespace dlcore {

namespace {

// Gives strings back to the library, also when something throws.
struct Reclaim {
  hid_t type, space;
  void* data;
  ~Reclaim() {
#if H5_VERSION_GE(1, 12, 0)
    H5Treclaim(type, space, H5P_DEFAULT, data);
#else
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, data);
#endif
  }
};

// `read(buffer)` is H5Dread or H5Aread of all `count` elements in the type `type`, of fixed length; false: it
// failed.
template <class Read>
std::vector<std::string> read_slots(hid_t type, std::size_t count, const std::string& where, Read read) {
  std::vector<std::string> texts;
  if (count == 0) return texts;
  texts.reserve(count);
  const std::size_t slot = H5Tget_size(type);
  const bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  std::vector<char> buffer(count * slot);
  if (!read(buffer.data())) fail("cannot read {}: {}", where, hdf5_reason());
  for (std::size_t i = 0; i < count; ++i) {
    std::string text(buffer.data() + i * slot, strnlen(buffer.data() + i * slot, slot));
    if (spaces) text.erase(text.find_last_not_of(' ') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

// The same for text of varying length.
template <class Read>
std::vector<std::string> read_pointers(hid_t type, hid_t space, std::size_t count, const std::string& where,
                                       Read read) {
  std::vector<std::string> texts;
  if (count == 0) return texts;
  std::vector<char*> pointers(count, nullptr);
  const bool done = read(static_cast<void*>(pointers.data()));
  const std::string reason = done ? "" : hdf5_reason();
  const Reclaim reclaim{type, space, static_cast<void*>(pointers.data())};
  require(done, "cannot read {}: {}", where, reason);
  texts.reserve(count);
  for (const char* text : pointers) texts.emplace_back(text ? text : "");
  return texts;
}

}  // namespace

Hdf5Id make_text_type(std::size_t slot) {
  Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, std::max<std::size_t>(slot, 1));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

void Hdf5File::write_text(const std::string& name, const std::vector<std::string>& texts) {
  std::size_t slot = 1;
  for (const std::string& text : texts) {
    require(text.find('\0') == std::string::npos, "dataset {} of {} can't hold text with a zero byte", name,
            path());
    slot = std::max(slot, text.size());
  }
  require(texts.size() <= (std::size_t{1} << 36) / slot,
          "dataset {} of {} is too large: {} texts of up to {} bytes", name, path(), texts.size(), slot);
  std::string buffer(texts.size() * slot, '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i].copy(buffer.data() + i * slot, slot);
  Hdf5Lock lock;
  const hsize_t count = texts.size();
  const Hdf5Id type = make_text_type(slot);
  const Hdf5Id space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const Hdf5Id layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(layout, false);
  create_groups(impl_->id, name);
  const Hdf5Id id(H5Dcreate2(impl_->id, name.c_str(), type, space, H5P_DEFAULT, layout, H5P_DEFAULT),
                  H5Dclose);
  if (!id.valid() || H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer.data()) < 0)
    fail("cannot write dataset {} of {}: {}", name, path(), hdf5_reason());
}

std::vector<std::string> Hdf5Dataset::read_text() const {
  require(type().kind == Hdf5Type::Kind::text, "{} should hold text, but holds {}", where(), type().name);
  Hdf5Lock lock;
  return impl_->file->reading([&] { return read_all_text(); });
}

std::vector<std::string> Hdf5Dataset::read_all_text() const {
  require_plausible_size(sizeof(std::string));
  const auto count = static_cast<std::size_t>(shape().numel());
  const auto read = [&](hid_t type, void* buffer) {
    return H5Dread(impl_->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer) >= 0;
  };
  if (H5Tis_variable_str(impl_->stored) <= 0)
    return read_slots(impl_->stored, count, where(),
                      [&](void* buffer) { return read(impl_->stored, buffer); });
  std::error_code gone;
  const std::uintmax_t file_bytes = std::filesystem::file_size(file(), gone);
  const std::uint64_t most = std::max<std::uint64_t>(hdf5_free_bytes, gone ? 0 : file_bytes);
  const std::uint64_t bytes = check_text_references(impl_->file->id, count, where(), read);
  // Many of a file's texts can be one and the same in it.
  require(bytes <= most, "{} claims {} bytes of text, more than {}", where(), bytes, most);
  const Hdf5Id space(H5Dget_space(impl_->id), H5Sclose);
  return read_pointers(impl_->stored, space, count, where(),
                       [&](void* buffer) { return read(impl_->stored, buffer); });
}

std::optional<std::vector<std::string>> read_text_list_attribute(hid_t object, const std::string& name,
                                                                 const std::string& where) {
  if (H5Aexists(object, name.c_str()) <= 0) return std::nullopt;
  const std::string what = fmt::format("attribute {} of {}", name, where);
  const Hdf5Id attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  const Hdf5Id type(H5Aget_type(attribute), H5Tclose);
  const Hdf5Id space(H5Aget_space(attribute), H5Sclose);
  if (!attribute.valid() || !type.valid() || !space.valid()) fail("cannot read {}: {}", what, hdf5_reason());
  const Hdf5Type kind = describe_hdf5_type(type);
  require(kind.kind == Hdf5Type::Kind::text, "{} should be text, but is {}", what, kind.name);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  // A list of texts that claims more is no real data.
  require(count >= 0 && (count <= 1 || static_cast<std::uint64_t>(count) <=
                                           (1 << 24) / std::max<std::size_t>(kind.bytes, 16)),
          "{} claims {} texts of {} bytes", what, count, kind.bytes);
  require(kind.bytes <= hdf5_free_bytes, "{} claims {} bytes of text", what, kind.bytes);
  const auto texts = static_cast<std::size_t>(count);
  const auto read = [&](void* buffer) { return H5Aread(attribute, type, buffer) >= 0; };
  if (H5Tis_variable_str(type) <= 0) return read_slots(type, texts, what, read);
  const Hdf5Id file(H5Iget_file_id(object), H5Fclose);
  const std::uint64_t bytes = check_text_references(
      file, texts, what, [&](hid_t as, void* buffer) { return H5Aread(attribute, as, buffer) >= 0; });
  // Many of a file's texts can be one and the same in it.
  require(bytes <= hdf5_free_bytes, "{} claims {} bytes of text", what, bytes);
  return read_pointers(type, space, texts, what, read);
}

std::optional<std::string> read_text_attribute(hid_t object, const std::string& name,
                                               const std::string& where) {
  const auto texts = read_text_list_attribute(object, name, where);
  if (!texts) return std::nullopt;
  require(texts->size() == 1, "attribute {} of {} should be one text, but is {} of them", name, where,
          texts->size());
  return texts->front();
}

void write_text_attribute(hid_t object, const std::string& name, std::string_view value,
                          const std::string& where) {
  const std::string text(value);
  require(text.find('\0') == std::string::npos, "attribute {} of {} can't hold text with a zero byte", name,
          where);
  if (H5Aexists(object, name.c_str()) > 0) H5Adelete(object, name.c_str());
  const Hdf5Id type = make_text_type(text.size());
  const Hdf5Id space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Id attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (!attribute.valid() || H5Awrite(attribute, type, text.c_str()) < 0)
    fail("cannot write attribute {} of {}: {}", name, where, hdf5_reason());
}

bool Hdf5Dataset::has_attribute(const std::string& name) const {
  Hdf5Lock lock;
  return impl_->file->reading([&] { return H5Aexists(impl_->id, name.c_str()) > 0; });
}

std::optional<std::string> Hdf5Dataset::text_attribute(const std::string& name) const {
  Hdf5Lock lock;
  return impl_->file->reading([&] { return read_text_attribute(impl_->id, name, where()); });
}

void Hdf5Dataset::set_text_attribute(const std::string& name, std::string_view value) {
  Hdf5Lock lock;
  write_text_attribute(impl_->id, name, value, where());
}

}  // namespace dlcore
