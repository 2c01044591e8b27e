// The C library behind io/hdf5.h: the lock, handles that close themselves, and its reasons as text. Internal
// to io.
#pragma once

#include <hdf5.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "io/hdf5.h"
#include "io/hdf5_trial.h"

namespace dlcore {

/// One lock for all calls, and silence: the library would print its error stack to stderr.
class Hdf5Lock {
 public:
  Hdf5Lock();

  /// In a child that was forked under the lock: its owner, a thread of the parent, will never give it back.
  static void forget_parent();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// A handle with its closing function. Made, moved and destroyed under the lock.
class Hdf5Id {
 public:
  using Close = herr_t (*)(hid_t);

  Hdf5Id() = default;
  Hdf5Id(hid_t id, Close close) : id_(id), close_(close) {}
  Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Id& operator=(Hdf5Id&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Hdf5Id() {
    if (id_ >= 0) close_(id_);
  }

  bool valid() const { return id_ >= 0; }
  operator hid_t() const { return id_; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

struct Hdf5File::Impl {
  std::string path;
  Hdf5Id id;
  bool ours = false;  // made by this process

  /// The call's result, after its trial.
  template <class Call>
  auto reading(Call call) const {
    return ours ? call() : tried(path, call);
  }
  ~Impl() {
    Hdf5Lock lock;
    id = Hdf5Id();
  }
};

struct Hdf5Dataset::Impl {
  std::shared_ptr<Hdf5File::Impl> file;
  std::string name;
  Hdf5Id id;
  Hdf5Id stored;  // the element type in the file
  Hdf5Type type;
  std::int64_t chunk_rows = 0;
  bool rows_tried = false;

  /// Only the first reading of rows is tried: a training run has millions.
  template <class Call>
  void read_rows(Call call) {
    Hdf5Lock lock;
    if (rows_tried) return call();
    file->reading(call);
    rows_tried = true;
  }
  ~Impl() {
    Hdf5Lock lock;
    stored = Hdf5Id();
    id = Hdf5Id();
  }
};

/// What a file may claim without having it, bytes in memory.
constexpr std::uint64_t hdf5_free_bytes = 64 << 20;

/// The innermost message of the library's error stack, which says what went wrong: "can't open file: ...".
std::string hdf5_reason();

/// Creates the groups in which `name` lies, as far as they are missing. Without the times that the library
/// would store: the same data gives the same bytes.
void create_groups(hid_t file, const std::string& name);

Hdf5Type describe_hdf5_type(hid_t type);
Hdf5Id make_float16_type();
Hdf5Id make_text_type(std::size_t slot);  // UTF-8 in so many bytes, padded with zeros

/// The texts of an attribute; the text of one that holds a single one; and the other way.
std::optional<std::vector<std::string>> read_text_list_attribute(hid_t object, const std::string& name,
                                                                 const std::string& where);
std::optional<std::string> read_text_attribute(hid_t object, const std::string& name,
                                               const std::string& where);
void write_text_attribute(hid_t object, const std::string& name, std::string_view value,
                          const std::string& where);

}  // namespace dlcore
