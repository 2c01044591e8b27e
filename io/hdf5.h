// HDF5 files: what dlcore needs of them, over the C library (1.10 to 1.14), whose header stays hidden.
//
// Every failure throws Error with one sentence that names the file, the dataset and the library's reason. The
// C library is not thread-safe: every call takes one lock for the whole process, so objects of this header
// may be used from any thread, but calls do not run at the same time. Handles are shared: copying an Hdf5File
// or Hdf5Dataset copies a reference, and the file is closed with the last one.
//
// A file is trusted in nothing that the C library leaves to its callers. What is read takes at most 64 MiB,
// or where that is more, 1100 times the bytes that are stored of it and 8 bytes per number; text at most 64
// MiB or the file's size. More is refused before it is taken. Links into other files, and data in them, are
// not followed. What describes the data (groups, types, chunk tables) is the library's own to check, and no
// version checks all of it. So a child process makes each reading call first, of rows the first one of a
// dataset, and the call fails where the child crashes or comes to no end (io/hdf5_trial.h): about a
// millisecond a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/shape.h"

namespace dlcore {

/// The element type of a dataset, as stored.
struct Hdf5Type {
  enum class Kind : unsigned char { integer, floating, text, other };

  Kind kind = Kind::other;
  std::size_t bytes = 0;   // of an element; of the string's slot for text of fixed length
  bool raw_ready = false;  // stored in this machine's byte order, so that raw bytes need no conversion
  std::string name;        // "int32", "uint16", "float16", "bfloat16", "float32", "text", "compound", ...
};

/// What create_dataset can make.
enum class Hdf5Element : unsigned char { uint8, int32, int64, float16, float32 };

class Hdf5Dataset {
 public:
  const std::string& file() const;  // path of the file
  const std::string& name() const;  // full name in the file: "/train/captions"
  std::string where() const;        // "dataset /train/captions of data.h5", for messages
  Shape shape() const;              // as it is now: append_* changes the first size
  const Hdf5Type& type() const;
  /// Error when the shape claims far more data than is stored: a small file may claim anything.
  /// memory_bytes: of an element, as it is read.
  void require_plausible_size(std::size_t memory_bytes) const;
  /// Rows of the first dimension in a chunk; 0 where the dataset is stored in one piece.
  std::int64_t chunk_rows() const;

  /// The whole dataset, row-major. Error unless it holds integers (numbers, text). An integer that the result
  /// type does not hold is an Error which names its position.
  std::vector<std::int32_t> read_int32() const;
  std::vector<std::int64_t> read_int64() const;
  std::vector<float> read_float() const;
  /// Text of either kind, without padding.
  std::vector<std::string> read_text() const;

  /// Rows [begin, begin + count) as float32 by the library's own conversion (slow for float16).
  void read_rows(std::int64_t begin, std::int64_t count, float* out) const;
  /// The same rows as the bytes in the file, in the file's type; needs type().raw_ready.
  void read_rows_raw(std::int64_t begin, std::int64_t count, void* out) const;

  /// Appends whole rows to a dataset made by create_dataset; the number of values must be a multiple of the
  /// row size, and the element type must be the dataset's (floats are stored as float16 or float32).
  void append(std::span<const std::uint8_t> values);
  void append(std::span<const std::int32_t> values);
  void append(std::span<const std::int64_t> values);
  void append(std::span<const float> values);

  bool has_attribute(const std::string& name) const;  // of any type
  std::optional<std::string> text_attribute(const std::string& name) const;
  void set_text_attribute(const std::string& name, std::string_view value);

 private:
  friend class Hdf5File;
  struct Impl;
  std::uint64_t stored_bytes() const;
  std::vector<std::string> read_all_text() const;
  bool is_plausible(std::uint64_t elements, std::size_t memory_bytes) const;
  explicit Hdf5Dataset(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

class Hdf5File {
 public:
  /// Opens for reading. Error for a file that is missing, unreadable, not an HDF5 file, truncated or such
  /// that the library dies of it.
  static Hdf5File open(const std::string& path);
  /// Creates, replacing what is there, in the format of HDF5 1.10: all metadata has checksums. See
  /// io/atomic_file.h for how to do that safely.
  static Hdf5File create(const std::string& path);

  const std::string& path() const;
  bool contains(const std::string& name) const;  // a group or dataset; "train/captions"
  /// Names of all datasets, with their groups: "train/captions".
  std::vector<std::string> dataset_names() const;

  /// Error that lists the datasets which are there when this one is not.
  Hdf5Dataset dataset(const std::string& name) const;
  /// Makes an empty dataset of rows of `row_shape` (a scalar shape: a vector), chunked by `chunk_rows` rows.
  /// Groups in the name are made as needed.
  Hdf5Dataset create_dataset(const std::string& name, Hdf5Element element, const Shape& row_shape,
                             std::int64_t chunk_rows);

  /// Writes a vector of texts, in slots of the longest one's length. Texts of varying length would be in the
  /// library's global heap, which has no checksum and which HDF5 1.10 reads without checking it.
  void write_text(const std::string& name, const std::vector<std::string>& texts);

  std::optional<std::string> text_attribute(const std::string& name) const;  // of the root group
  /// The same of an attribute that holds one text or a list of them.
  std::optional<std::vector<std::string>> text_list_attribute(const std::string& name) const;
  void set_text_attribute(const std::string& name, std::string_view value);

  /// Writes everything to the file. The file is closed with the last handle.
  void flush();

 private:
  struct Impl;
  friend class Hdf5Dataset;
  static Hdf5File open_untried(const std::string& path);
  std::vector<std::string> list_datasets() const;
  Hdf5Dataset open_dataset(const std::string& name) const;
  explicit Hdf5File(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace dlcore
