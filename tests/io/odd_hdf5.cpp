#include "tests/io/odd_hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <stdexcept>

namespace dlcore::test {

namespace {

hid_t stored_type(OddType type) {
  switch (type) {
    case OddType::float64:
      return H5Tcopy(H5T_IEEE_F64LE);
    case OddType::big_endian_float32:
      return H5Tcopy(H5T_IEEE_F32BE);
    case OddType::uint16:
      return H5Tcopy(H5T_STD_U16LE);
    case OddType::int64:
      return H5Tcopy(H5T_STD_I64LE);
    case OddType::uint64:
      return H5Tcopy(H5T_STD_U64LE);
    case OddType::uint8:
      return H5Tcopy(H5T_STD_U8LE);
    case OddType::int8:
      return H5Tcopy(H5T_STD_I8LE);
    case OddType::float32:
      return H5Tcopy(H5T_IEEE_F32LE);
    case OddType::int32:
      return H5Tcopy(H5T_STD_I32LE);
    case OddType::float16:
      break;
  }
  const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_size(half, 2);
  H5Tset_ebias(half, 15);
  return half;
}

void check(hid_t status) {
  if (status < 0) throw std::runtime_error("cannot make the HDF5 file of a test");
}

}  // namespace

void write_odd_hdf5(const std::string& path, const std::vector<OddDataset>& datasets) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  check(file);
  const hid_t groups = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(groups, 1);
  for (const OddDataset& each : datasets) {
    const std::vector<hsize_t> shape(each.shape.begin(), each.shape.end());
    const std::vector<hsize_t> chunk(each.chunk.begin(), each.chunk.end());
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t type = stored_type(each.type);
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    if (!chunk.empty()) H5Pset_chunk(layout, static_cast<int>(chunk.size()), chunk.data());
    if (each.gzip) H5Pset_deflate(layout, 4);
    const hid_t data = H5Dcreate2(file, each.name.c_str(), type, space, groups, layout, H5P_DEFAULT);
    check(data);
    if (!each.values.empty()) {
      if (each.type == OddType::float16) {
        const std::vector<std::uint16_t> bits(each.values.begin(), each.values.end());
        check(H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bits.data()));
      } else {
        check(H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, each.values.data()));
      }
    }
    if (!each.attribute.empty()) {
      const hid_t scalar = H5Screate(H5S_SCALAR);
      const hid_t attribute =
          H5Acreate2(data, each.attribute.c_str(), H5T_STD_I32LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
      const int one = 1;
      check(H5Awrite(attribute, H5T_NATIVE_INT, &one));
      H5Aclose(attribute);
      H5Sclose(scalar);
    }
    H5Dclose(data);
    H5Pclose(layout);
    H5Tclose(type);
    H5Sclose(space);
  }
  H5Pclose(groups);
  H5Fclose(file);
}

void add_texts(const std::string& path, const std::string& name, const std::vector<std::string>& texts,
               bool as_attribute) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  check(file);
  const hsize_t count = texts.size();
  const hid_t space = H5Screate_simple(1, &count, nullptr);
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  if (as_attribute) {
    const hid_t attribute = H5Acreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
    check(H5Awrite(attribute, type, static_cast<const void*>(pointers.data())));
    H5Aclose(attribute);
  } else {
    const hid_t data = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    check(H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<const void*>(pointers.data())));
    H5Dclose(data);
  }
  H5Tclose(type);
  H5Sclose(space);
  H5Fclose(file);
}

void write_fixed_text(const std::string& path, const std::vector<std::string>& texts, std::size_t slot,
                      bool spaces) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  check(file);
  const hsize_t count = texts.size();
  const hid_t space = H5Screate_simple(1, &count, nullptr);
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, slot);
  H5Tset_strpad(type, spaces ? H5T_STR_SPACEPAD : H5T_STR_NULLPAD);
  std::string buffer;
  for (std::string text : texts) {
    text.resize(slot, spaces ? ' ' : '\0');
    buffer += text;
  }
  const hid_t data = H5Dcreate2(file, "text", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  check(H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer.data()));
  H5Dclose(data);
  H5Tclose(type);
  H5Sclose(space);
  H5Fclose(file);
}

void write_varying_text(const std::string& path, const std::vector<std::string>& texts) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  check(file);
  const hsize_t count = texts.size();
  const hid_t space = H5Screate_simple(1, &count, nullptr);
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  const hid_t data = H5Dcreate2(file, "text", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  check(H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<const void*>(pointers.data())));
  const hid_t scalar = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(file, "note", type, scalar, H5P_DEFAULT, H5P_DEFAULT);
  check(H5Awrite(attribute, type, static_cast<const void*>(&pointers.back())));
  H5Aclose(attribute);
  H5Sclose(scalar);
  H5Dclose(data);
  H5Tclose(type);
  H5Sclose(space);
  H5Fclose(file);
}

void write_claims(const std::string& path, const std::vector<std::uint64_t>& shape) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  check(file);
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  std::vector<hsize_t> chunk;
  for (const hsize_t size : sizes) chunk.push_back(std::min<hsize_t>(size, 4));
  const hid_t space = H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr);
  const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(layout, static_cast<int>(chunk.size()), chunk.data());
  for (const auto& [name, type] : {std::pair{"integers", H5T_STD_I32LE}, {"floats", H5T_IEEE_F32LE}}) {
    const hid_t data = H5Dcreate2(file, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    check(data);
    H5Dclose(data);
  }
  H5Gclose(H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  const hid_t pair = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(pair, "a", 0, H5T_STD_I32LE);
  H5Tinsert(pair, "b", 4, H5T_STD_I32LE);
  const hsize_t one = 1;
  const hid_t small = H5Screate_simple(1, &one, nullptr);
  const hid_t data = H5Dcreate2(file, "compound", pair, small, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  check(data);
  H5Dclose(data);
  H5Sclose(small);
  H5Tclose(pair);
  H5Pclose(layout);
  H5Sclose(space);
  H5Fclose(file);
}

}  // namespace dlcore::test
