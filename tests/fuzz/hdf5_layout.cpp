// Whole HDF5 files of every shape, type and layout that the library can write, as the input's bytes choose.
#include <hdf5.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/hdf5_reading.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {
namespace {

constexpr const char* dataset_names[] = {
    "train/features",   "train/images", "train/captions", "train/image_idxs", "train/image_ids",
    "train/file_names", "features",     "train_captions", "train_image_idxs", "train/inputs",
    "train/targets",    "classes",      "other"};

// A type of floating numbers with fields anywhere.
hid_t odd_float(ByteSource& bytes) {
  const hid_t type = H5Tcopy(bytes.flag() ? H5T_IEEE_F64LE : H5T_IEEE_F32LE);
  const auto exponent = static_cast<std::size_t>(1 + bytes.below(12)),
             mantissa = static_cast<std::size_t>(bytes.below(50));
  H5Tset_fields(type, exponent + mantissa, mantissa, exponent, 0, mantissa);
  H5Tset_ebias(type, bytes.size());
  H5Tset_size(type, static_cast<std::size_t>(1 + bytes.below(12)));
  return type;
}

hid_t half(bool brain) {
  const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(type, 15, brain ? 7 : 10, brain ? 8 : 5, 0, brain ? 7 : 10);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, brain ? 127 : 15);
  return type;
}

hid_t text(ByteSource& bytes) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  const std::uint64_t slot = bytes.size();
  H5Tset_size(type, slot == 0 ? H5T_VARIABLE : slot);
  H5Tset_strpad(type, static_cast<H5T_str_t>(bytes.below(3)));
  H5Tset_cset(type, static_cast<H5T_cset_t>(bytes.below(2)));
  return type;
}

hid_t type_of(ByteSource& bytes) {
  const hid_t plain[] = {H5T_STD_I8LE,   H5T_STD_U8LE,   H5T_STD_I16BE,  H5T_STD_U16LE,
                         H5T_STD_I32LE,  H5T_STD_U32BE,  H5T_STD_I64LE,  H5T_STD_U64LE,
                         H5T_IEEE_F32LE, H5T_IEEE_F64BE, H5T_IEEE_F32BE, H5T_IEEE_F64LE};
  const int kind = bytes.below(20);
  if (kind < 12) return H5Tcopy(plain[kind]);
  switch (kind) {
    case 12:
    case 13:
      return half(kind == 12);
    case 14:
      return odd_float(bytes);
    case 15:
    case 16:
      return text(bytes);
    case 17:
      return H5Tvlen_create(H5T_STD_I32LE);
    case 18: {
      const hid_t pair = H5Tcreate(H5T_COMPOUND, 8);
      H5Tinsert(pair, "a", 0, H5T_STD_I32LE);
      H5Tinsert(pair, "b", 4, H5T_IEEE_F32LE);
      return pair;
    }
    default: {  // an integer of few bits somewhere in its bytes
      const hid_t type = H5Tcopy(H5T_STD_I32LE);
      H5Tset_precision(type, static_cast<std::size_t>(1 + bytes.below(32)));
      H5Tset_offset(type, static_cast<std::size_t>(bytes.below(32)));
      return type;
    }
  }
}

hid_t space_of(ByteSource& bytes, std::vector<hsize_t>& sizes) {
  const int rank = bytes.below(8);
  if (rank == 7) return H5Screate(bytes.flag() ? H5S_SCALAR : H5S_NULL);
  for (int i = 0; i < rank; ++i) sizes.push_back(bytes.size());
  std::vector<hsize_t> most(sizes);
  if (bytes.flag()) std::fill(most.begin(), most.end(), H5S_UNLIMITED);
  return H5Screate_simple(rank, sizes.data(), most.data());
}

void set_layout(ByteSource& bytes, hid_t layout, const std::vector<hsize_t>& sizes, hid_t type, hid_t space) {
  switch (bytes.below(6)) {
    case 0:
      H5Pset_layout(layout, H5D_COMPACT);
      return;
    case 1:
      return;
    case 2:  // in another file
      H5Pset_external(layout, InputFile::beside("elsewhere").c_str(), 0, H5F_UNLIMITED);
      return;
    case 3: {
      if (!bytes.flag()) break;
      H5Pset_virtual(layout, space, "/etc/hostname", "data", space);
      return;
    }
    default:
      break;
  }
  std::vector<hsize_t> chunk;
  for (const hsize_t size : sizes) {
    const std::uint64_t any = bytes.size();
    chunk.push_back(any == 0 ? std::max<hsize_t>(1, std::min<hsize_t>(size, 4)) : any);
  }
  if (!chunk.empty()) H5Pset_chunk(layout, static_cast<int>(chunk.size()), chunk.data());
  const int filters = bytes.byte();
  if (filters & 1) H5Pset_shuffle(layout);
  if (filters & 2) H5Pset_deflate(layout, 1);
  if (filters & 4) H5Pset_fletcher32(layout);
  if ((filters & 8) != 0 && H5Tget_size(type) <= 16 && H5Tis_variable_str(type) <= 0)
    H5Pset_fill_value(layout, type, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

void add_text_attribute(ByteSource& bytes, hid_t object, const char* name, const std::string& value) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  const bool varying = bytes.flag();
  H5Tset_size(type, varying ? H5T_VARIABLE : std::max<std::size_t>(1, value.size()));
  const hsize_t count = static_cast<hsize_t>(bytes.byte() > 250 ? 2 : 1);
  const hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr);
  const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  const char* pointers[] = {value.c_str(), value.c_str()};
  std::string twice = value + value + '\0';
  if (attribute >= 0) H5Awrite(attribute, type, varying ? static_cast<const void*>(pointers) : twice.data());
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

void write_values(ByteSource& bytes, hid_t data, hid_t type, const std::vector<hsize_t>& sizes) {
  std::uint64_t count = 1;
  for (const hsize_t size : sizes) count = size != 0 && count > 4096 / size ? 4097 : count * size;
  const bool words = H5Tget_class(type) == H5T_STRING || H5Tget_class(type) == H5T_VLEN;
  if (count > 4096 || H5Tget_size(type) > 4096) return;  // a claim without data
  if (words && H5Tis_variable_str(type) > 0) {
    std::vector<std::string> texts;
    std::vector<const char*> pointers;
    for (std::uint64_t i = 0; i < count; ++i) texts.push_back(bytes.take(bytes.below(16)));
    for (const std::string& one : texts) pointers.push_back(one.c_str());
    H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<const void*>(pointers.data()));
    return;
  }
  if (H5Tget_class(type) == H5T_VLEN) return;
  std::string raw = bytes.take(std::min<std::size_t>(bytes.size(), count * H5Tget_size(type)));
  raw.resize(count * H5Tget_size(type) + 1);
  H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data());
}

void add_dataset(ByteSource& bytes, hid_t file) {
  const char* const name = dataset_names[bytes.below(std::size(dataset_names))];
  std::vector<hsize_t> sizes;
  const hid_t type = type_of(bytes), space = space_of(bytes, sizes), layout = H5Pcreate(H5P_DATASET_CREATE);
  set_layout(bytes, layout, sizes, type, space);
  const hid_t data = H5Dcreate2(file, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  if (data >= 0) {
    write_values(bytes, data, type, sizes);
    if (bytes.byte() > 200) add_text_attribute(bytes, data, "bfloat16", "yes");
    H5Dclose(data);
  }
  H5Pclose(layout);
  H5Sclose(space);
  H5Tclose(type);
}

void add_link(ByteSource& bytes, hid_t file) {
  const char* const name = dataset_names[bytes.below(std::size(dataset_names))];
  switch (bytes.below(4)) {
    case 0:
      H5Lcreate_soft(dataset_names[bytes.below(std::size(dataset_names))], file, name, H5P_DEFAULT,
                     H5P_DEFAULT);
      return;
    case 1:
      H5Lcreate_external("other.h5", "features", file, name, H5P_DEFAULT, H5P_DEFAULT);
      return;
    case 2:
      H5Lcreate_hard(file, "/", file, "train/loop", H5P_DEFAULT, H5P_DEFAULT);
      return;
    default:
      H5Lcreate_hard(file, "features", file, name, H5P_DEFAULT, H5P_DEFAULT);
  }
}

void write_file(ByteSource bytes, const std::string& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (bytes.flag()) H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Gclose(H5Gcreate2(file, "train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  if (bytes.byte() < 250) add_text_attribute(bytes, file, "format", "dlcore captions");
  if (bytes.byte() < 250) add_text_attribute(bytes, file, "version", "1");
  const std::string words = R"({"idx_to_word": ["<NULL>", "<START>", "<END>", "<UNK>", "a", "b"]})";
  const int vocabulary = bytes.byte();
  if (vocabulary < 250)
    add_text_attribute(bytes, file, "vocabulary", vocabulary < 200 ? words : bytes.take(40));
  while (!bytes.empty())
    if (bytes.byte() < 240)
      add_dataset(bytes, file);
    else
      add_link(bytes, file);
  H5Fclose(file);
  H5Pclose(access);
}

}  // namespace

int fuzz_hdf5_layout(const std::uint8_t* data, std::size_t size) {
  const InputFile file("", "layout.h5");
  write_file(ByteSource(text_of(data, size)), file.path());
  if (std::filesystem::file_size(file.path()) < (64 << 20)) read_hdf5(file.path());
  std::filesystem::remove(InputFile::beside("elsewhere"));
  file.check_folder();
  return 0;
}

}  // namespace dlcore::fuzz
