#include "io/hdf5_references.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <vector>

#include "core/error.h"

namespace dlcore {

namespace {

constexpr const char* tag = "dlcore: references to text";

// Text to bytes without a meaning: the library hands the references out as they are.
herr_t keep_references(hid_t, hid_t to, H5T_cdata_t* data, std::size_t, std::size_t, std::size_t, void*,
                       void*, hid_t) {
  if (data->command != H5T_CONV_INIT) return 0;
  data->need_bkg = H5T_BKG_NO;
  char* const name = H5Tget_tag(to);
  const bool ours = name != nullptr && std::strcmp(name, tag) == 0;
  H5free_memory(name);
  return ours ? 0 : -1;
}

Hdf5Id make_reference_type(std::size_t bytes) {
  Hdf5Id type(H5Tcreate(H5T_OPAQUE, bytes), H5Tclose);
  H5Tset_tag(type, tag);
  static const herr_t known = [&] {
    const Hdf5Id text(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(text, H5T_VARIABLE);
    return H5Tregister(H5T_PERS_SOFT, "dlcore text", text, type, &keep_references);
  }();
  require(known >= 0, "the HDF5 library does not take a conversion: {}", hdf5_reason());
  return type;
}

std::uint64_t little_endian(const unsigned char* at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) value = value << 8 | at[i];
  return value;
}

// Sizes of the objects in the global heap's collections.
// Source: HDF5 File Format Specification 3.0, III.E, "Disk Format: Level 1E - Global Heap".
class GlobalHeap {
 public:
  explicit GlobalHeap(hid_t file) {
    const Hdf5Id creation(H5Fget_create_plist(file), H5Pclose);
    hsize_t user_block = 0;
    void* handle = nullptr;
    struct stat status = {};
    require(creation.valid() && H5Pget_sizes(creation, &address_bytes, &size_bytes_) >= 0 &&
                H5Pget_userblock(creation, &user_block) >= 0 &&
                H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 &&
                fstat(*static_cast<int*>(handle), &status) == 0,
            "cannot look into the HDF5 file: {}", hdf5_reason());
    descriptor_ = *static_cast<int*>(handle);
    begin_ = user_block;
    file_bytes_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::size_t address_bytes = 0;

  /// Whether the collection at this address has an object of this number and size.
  bool has(std::uint64_t address, std::uint64_t number, std::uint64_t bytes) {
    auto [known, fresh] = collections_.try_emplace(address);
    if (fresh) known->second = objects_of(address);
    const auto object = known->second.find(number);
    return object != known->second.end() && object->second == bytes;
  }

 private:
  using Objects = std::map<std::uint64_t, std::uint64_t>;  // sizes by number

  // Empty where it is damaged.
  Objects objects_of(std::uint64_t address) {
    const std::size_t head = 8 + size_bytes_;
    std::vector<unsigned char> bytes(head);
    if (!read(address, bytes) || std::memcmp(bytes.data(), "GCOL\1", 5) != 0) return {};
    const std::uint64_t size = little_endian(bytes.data() + 8, size_bytes_);
    // Collections don't overlap: else a small file could have any number of large ones.
    if (size < head || size > file_bytes_ - collected_) return {};
    collected_ += size;
    bytes.resize(static_cast<std::size_t>(size));
    if (!read(address, bytes)) return {};
    Objects objects;
    for (std::size_t at = head;
         bytes.size() - at >= head;) {  // an object's head is as long as a collection's
      const std::uint64_t number = little_endian(bytes.data() + at, 2);
      const std::uint64_t length = little_endian(bytes.data() + at + 8, size_bytes_);
      if (number == 0) return objects;  // free space is the rest
      if (length > bytes.size() - at - head) return {};
      const std::size_t whole = head + static_cast<std::size_t>((length + 7) / 8 * 8);
      if (whole > bytes.size() - at || !objects.emplace(number, length).second) return {};
      at += whole;
    }
    return objects;
  }

  bool read(std::uint64_t address, std::vector<unsigned char>& to) const {
    if (address > file_bytes_ || begin_ > file_bytes_ - address || to.size() > file_bytes_ - address - begin_)
      return false;
    std::size_t done = 0;
    while (done < to.size()) {
      const ssize_t got =
          pread(descriptor_, to.data() + done, to.size() - done, static_cast<off_t>(begin_ + address + done));
      if (got <= 0) return false;
      done += static_cast<std::size_t>(got);
    }
    return true;
  }

  int descriptor_ = -1;
  std::size_t size_bytes_ = 0;
  std::uint64_t begin_ = 0, file_bytes_ = 0;
  std::uint64_t collected_ = 0;  // bytes of the collections so far
  std::map<std::uint64_t, Objects> collections_;
};

}  // namespace

std::uint64_t check_text_references(hid_t file, std::size_t count, const std::string& where,
                                    const std::function<bool(hid_t type, void* buffer)>& read) {
  GlobalHeap heap(file);
  // Length, address of the collection, number in it.
  const std::size_t size = 4 + heap.address_bytes + 4;
  const Hdf5Id type = make_reference_type(size);
  std::vector<unsigned char> references(count * size);
  if (count > 0 && !read(type, references.data())) fail("cannot read {}: {}", where, hdf5_reason());
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned char* const at = references.data() + i * size;
    const std::uint64_t length = little_endian(at, 4), address = little_endian(at + 4, heap.address_bytes);
    if (address == 0) continue;  // no text
    require(heap.has(address, little_endian(at + 4 + heap.address_bytes, 4), length),
            "cannot read {}: text {} should have {} bytes, but the file has no such text", where, i, length);
    all += length;
  }
  return all;
}

}  // namespace dlcore
