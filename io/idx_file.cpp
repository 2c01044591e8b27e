#include "io/idx_file.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "core/error.h"
#include "io/atomic_file.h"

namespace dlcore {

namespace {

constexpr std::int64_t most_bytes = std::int64_t{1} << 33;  // unpacked

// Bytes of a file in order, unpacked where it is gzip'd.
class Input {
 public:
  explicit Input(const std::string& path) : path_(path) {
    require_readable_file(path);
    file_.reset(gzopen(path.c_str(), "rb"));
    require(file_ != nullptr, "cannot open {}", path);
  }

  /// As many of `count` bytes as there are.
  std::int64_t read(std::uint8_t* place, std::int64_t count) {
    std::int64_t done = 0;
    while (done < count) {
      const auto part = static_cast<unsigned>(std::min<std::int64_t>(count - done, 1 << 24));
      const int got = gzread(file_.get(), place + done, part);
      int reason = Z_OK;
      const char* text = gzerror(file_.get(), &reason);
      // A truncated gzip file ends here without its checksum: Z_BUF_ERROR.
      require(got >= 0 && reason != Z_BUF_ERROR, "cannot unpack {}: {}", path_,
              reason == Z_ERRNO || text == nullptr || *text == '\0' ? "it cannot be read" : text);
      if (got == 0) break;
      done += got;
    }
    return done;
  }

 private:
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };

  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
};

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

}  // namespace

IdxFile read_idx(const std::string& path) {
  Input input(path);
  std::uint8_t head[4] = {};
  const bool begins = input.read(head, 4) == 4;
  require(
      begins && head[0] == 0 && head[1] == 0 && head[3] >= 1,
      "{} is no IDX file: such a file begins with two zero bytes, the type of its elements and the number "
      "of its dimensions",
      path);
  require(head[2] == 8, "{} is an IDX file of elements of the type 0x{:02x}: only bytes, 0x08, are read",
          path, head[2]);
  require(head[3] <= Shape::max_rank, "{} is an IDX file of {} dimensions, more than {}", path, head[3],
          Shape::max_rank);
  std::vector<std::int64_t> sizes;
  std::int64_t bytes = 1;
  for (int axis = 0; axis < head[3]; ++axis) {
    std::uint8_t size[4] = {};
    require(input.read(size, 4) == 4, "{} is truncated: it ends within its {} extents", path, head[3]);
    sizes.push_back(big_endian(size));
    require(sizes.back() == 0 || bytes <= most_bytes / sizes.back(), "{} claims more than {} bytes of data",
            path, most_bytes);
    bytes *= sizes.back();
  }
  IdxFile file{Shape(std::span<const std::int64_t>(sizes)), {}};
  // Memory grows with what is there: the extents of a damaged file may say anything.
  std::int64_t done = 0;
  while (done < bytes) {
    const std::int64_t part = std::min<std::int64_t>(bytes - done, 1 << 24);
    file.values.resize(static_cast<std::size_t>(done + part));
    const std::int64_t got = input.read(file.values.data() + done, part);
    done += got;
    require(got == part, "{} is truncated: {} should be {} bytes, but there are {}", path,
            to_string(file.shape), bytes, done);
  }
  std::uint8_t more = 0;
  require(input.read(&more, 1) == 0, "{} is longer than it says: after the {} bytes of {} there are others",
          path, bytes, to_string(file.shape));
  return file;
}

}  // namespace dlcore
