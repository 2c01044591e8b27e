#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/hdf5_internal.h"

namespace dlcore {

namespace {

std::recursive_mutex*& mutex() {
  static auto* instance = new std::recursive_mutex;  // never destroyed: handles may outlive statics
  return instance;
}

template <class Info>
herr_t collect_dataset(hid_t, const char* name, const Info* info, void* names) {
  if (info->type == H5O_TYPE_DATASET) static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

constexpr std::uint64_t most_elements = std::uint64_t{1} << 50;  // more are not told apart

std::string join(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text.empty() ? "none" : text;
}

// Links into other files are not followed: one could lead to any file, or to a pipe, whose reader waits
// forever.
class OwnLinks {
 public:
  /// kind: H5P_LINK_ACCESS, or H5P_DATASET_ACCESS for opening datasets.
  explicit OwnLinks(hid_t kind) : access_(H5Pcreate(kind), H5Pclose) {
    H5Pset_elink_cb(access_, &OwnLinks::refuse, &met_);
  }
  OwnLinks(const OwnLinks&) = delete;
  OwnLinks& operator=(const OwnLinks&) = delete;

  operator hid_t() const { return access_; }
  bool met_another_file() const { return met_; }

 private:
  static herr_t refuse(const char*, const char*, const char*, const char*, unsigned*, hid_t, void* met) {
    *static_cast<bool*>(met) = true;
    return -1;
  }

  Hdf5Id access_;
  bool met_ = false;
};

// H5Lexists wants every group on the way to be there.
bool path_exists(hid_t file, const std::string& name) {
  const OwnLinks links(H5P_LINK_ACCESS);
  for (std::size_t i = 0; i != std::string::npos;) {
    i = name.find('/', i + 1);
    const std::string part = name.substr(0, i);
    if (part.empty() || part == "/") continue;
    if (H5Lexists(file, part.c_str(), links) > 0 && H5Oexists_by_name(file, part.c_str(), links) > 0)
      continue;
    require(!links.met_another_file(), "{} is a link into another file, which is not followed", part);
    return false;  // or a link to nothing
  }
  return true;
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(*mutex()) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void Hdf5Lock::forget_parent() {
  mutex() = new std::recursive_mutex;
}

std::string hdf5_reason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* text) -> herr_t {
        if (depth == 0 && error->desc) *static_cast<std::string*>(text) = error->desc;
        return 0;
      },
      &reason);
  H5Eclear2(H5E_DEFAULT);
  return reason.empty() ? "no reason given" : reason;
}

void create_groups(hid_t file, const std::string& name) {
  const Hdf5Id creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  for (std::size_t end = name.find('/', 1); end != std::string::npos; end = name.find('/', end + 1)) {
    const std::string group = name.substr(0, end);
    if (path_exists(file, group)) continue;
    const Hdf5Id id(H5Gcreate2(file, group.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), H5Gclose);
    if (!id.valid()) return;  // what needs the group fails then, and says why
  }
}

Hdf5File Hdf5File::open(const std::string& path) {
  require_readable_file(path);
  Hdf5Lock lock;
  return tried(path, [&path] { return open_untried(path); });
}

Hdf5File Hdf5File::open_untried(const std::string& path) {
  Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
#if H5_VERSION_GE(1, 10, 7) && (H5_VERSION_GE(1, 12, 1) || !H5_VERSION_GE(1, 12, 0))
  H5Pset_file_locking(access, true, true);  // file systems without locks are no reason to fail
#endif
  auto impl = std::make_shared<Impl>();
  impl->path = path;
  impl->id = Hdf5Id(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (!impl->id.valid()) {
    const std::string reason = hdf5_reason();
    if (reason.find("signature") != std::string::npos)
      fail("{} is not an HDF5 file: it has no HDF5 signature", path);
    if (reason.find("truncated") != std::string::npos)
      fail("{} is truncated: the HDF5 library says \"{}\"", path, reason);
    fail("cannot open the HDF5 file {}: {}", path, reason);
  }
  return Hdf5File(std::move(impl));
}

Hdf5File Hdf5File::create(const std::string& path) {
  Hdf5Lock lock;
  const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  const Hdf5Id creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);  // of the root group
  auto impl = std::make_shared<Impl>();
  impl->path = path;
  impl->ours = true;
  impl->id = Hdf5Id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose);
  if (!impl->id.valid()) fail("cannot create the HDF5 file {}: {}", path, hdf5_reason());
  return Hdf5File(std::move(impl));
}

const std::string& Hdf5File::path() const {
  return impl_->path;
}

bool Hdf5File::contains(const std::string& name) const {
  Hdf5Lock lock;
  return impl_->reading([&] { return path_exists(impl_->id, name); });
}

std::vector<std::string> Hdf5File::dataset_names() const {
  Hdf5Lock lock;
  return impl_->reading([&] { return list_datasets(); });
}

std::vector<std::string> Hdf5File::list_datasets() const {
  std::vector<std::string> names;
#if H5_VERSION_GE(1, 12, 0)
  const herr_t status =
      H5Ovisit3(impl_->id, H5_INDEX_NAME, H5_ITER_INC, collect_dataset<H5O_info2_t>, &names, H5O_INFO_BASIC);
#else
  const herr_t status =
      H5Ovisit2(impl_->id, H5_INDEX_NAME, H5_ITER_INC, collect_dataset<H5O_info_t>, &names, H5O_INFO_BASIC);
#endif
  if (status < 0) fail("cannot list the datasets of {}: {}", path(), hdf5_reason());
  std::sort(names.begin(), names.end());
  return names;
}

Hdf5Dataset Hdf5File::dataset(const std::string& name) const {
  Hdf5Lock lock;
  return impl_->reading([&] { return open_dataset(name); });
}

Hdf5Dataset Hdf5File::open_dataset(const std::string& name) const {
  if (!path_exists(impl_->id, name))
    fail("{} has no dataset {}; its datasets: {}", path(), name, join(dataset_names()));
  auto impl = std::make_shared<Hdf5Dataset::Impl>();
  impl->file = impl_;
  impl->name = name;
  const OwnLinks access(H5P_DATASET_ACCESS);
  impl->id = Hdf5Id(H5Dopen2(impl_->id, name.c_str(), access), H5Dclose);
  if (!impl->id.valid()) {
    const std::string reason = hdf5_reason();
    fail("{} of {} is no dataset that can be opened ({}); its datasets: {}", name, path(), reason,
         join(dataset_names()));
  }
  impl->stored = Hdf5Id(H5Dget_type(impl->id), H5Tclose);
  const Hdf5Id properties(H5Dget_create_plist(impl->id), H5Pclose);
  if (!impl->stored.valid() || !properties.valid())
    fail("cannot read the type of dataset {} of {}: {}", name, path(), hdf5_reason());
  impl->type = describe_hdf5_type(impl->stored);
  const H5D_layout_t layout = H5Pget_layout(properties);
  require(layout != H5D_VIRTUAL && H5Pget_external_count(properties) == 0,
          "dataset {} of {} has its data in other files, which are not read", name, path());
  std::vector<hsize_t> chunk(H5S_MAX_RANK);
  const int chunk_rank = layout == H5D_CHUNKED ? H5Pget_chunk(properties, H5S_MAX_RANK, chunk.data()) : 0;
  chunk.resize(static_cast<std::size_t>(std::max(chunk_rank, 0)));
  if (!chunk.empty())
    impl->chunk_rows = static_cast<std::int64_t>(std::min<hsize_t>(chunk[0], std::uint64_t{1} << 62));
  Hdf5Dataset result(std::move(impl));
  result.shape();              // refuses what Shape can't hold, early
  std::uint64_t elements = 1;  // of a chunk, which the library unpacks as a whole
  for (const hsize_t size : chunk)
    elements = size > most_elements / elements ? most_elements : elements * std::max<hsize_t>(size, 1);
  require(result.is_plausible(elements, 1),
          "{} claims chunks of [{}] elements, but only {} bytes of data are stored", result.where(),
          fmt::join(chunk, ", "), result.stored_bytes());
  return result;
}

Hdf5Dataset Hdf5File::create_dataset(const std::string& name, Hdf5Element element, const Shape& row_shape,
                                     std::int64_t chunk_rows) {
  require(chunk_rows > 0, "dataset {} of {} wants chunks of at least one row, not {}", name, path(),
          chunk_rows);
  Hdf5Lock lock;
  std::vector<hsize_t> now{0}, most{H5S_UNLIMITED}, chunk{static_cast<hsize_t>(chunk_rows)};
  for (const std::int64_t size : row_shape.sizes()) {
    require(size > 0, "dataset {} of {} can't have rows of shape {}", name, path(), to_string(row_shape));
    for (auto* sizes : {&now, &most, &chunk}) sizes->push_back(static_cast<hsize_t>(size));
  }
  Hdf5Id type;
  switch (element) {
    case Hdf5Element::uint8:
      type = Hdf5Id(H5Tcopy(H5T_STD_U8LE), H5Tclose);
      break;
    case Hdf5Element::int32:
      type = Hdf5Id(H5Tcopy(H5T_STD_I32LE), H5Tclose);
      break;
    case Hdf5Element::int64:
      type = Hdf5Id(H5Tcopy(H5T_STD_I64LE), H5Tclose);
      break;
    case Hdf5Element::float16:
      type = make_float16_type();
      break;
    case Hdf5Element::float32:
      type = Hdf5Id(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
      break;
  }
  const Hdf5Id space(H5Screate_simple(static_cast<int>(now.size()), now.data(), most.data()), H5Sclose);
  const Hdf5Id layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(layout, false);  // the same data gives the same bytes
  create_groups(impl_->id, name);
  const bool ready = H5Pset_chunk(layout, static_cast<int>(chunk.size()), chunk.data()) >= 0;
  const Hdf5Id id(
      ready ? H5Dcreate2(impl_->id, name.c_str(), type, space, H5P_DEFAULT, layout, H5P_DEFAULT) : -1,
      H5Dclose);
  if (!id.valid()) fail("cannot create dataset {} of {}: {}", name, path(), hdf5_reason());
  return dataset(name);
}

std::optional<std::string> Hdf5File::text_attribute(const std::string& name) const {
  Hdf5Lock lock;
  return impl_->reading([&] { return read_text_attribute(impl_->id, name, path()); });
}

std::optional<std::vector<std::string>> Hdf5File::text_list_attribute(const std::string& name) const {
  Hdf5Lock lock;
  return impl_->reading([&] { return read_text_list_attribute(impl_->id, name, path()); });
}

void Hdf5File::set_text_attribute(const std::string& name, std::string_view value) {
  Hdf5Lock lock;
  write_text_attribute(impl_->id, name, value, path());
}

void Hdf5File::flush() {
  Hdf5Lock lock;
  if (H5Fflush(impl_->id, H5F_SCOPE_GLOBAL) < 0) fail("cannot write {}: {}", path(), hdf5_reason());
}

}  // namespace dlcore
