#include "io/feature_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "io/float16.h"
#include "io/hdf5.h"

namespace dlcore {

namespace {

enum class Source : unsigned char { float16, bfloat16, float32, float64, pixels, fractions, library };

Source source_of(const Hdf5Dataset& dataset, const FeatureReader::Options& options) {
  const Hdf5Type& type = dataset.type();
  if (options.pictures) {
    const Shape& shape = dataset.shape();
    require(type.name == "uint8" && shape.rank() == 4 && shape[1] == shape[2] && shape[3] == 3,
            "{} should hold pictures, uint8 of the shape [n, S, S, 3], but holds {} {}", dataset.where(),
            type.name, to_string(shape));
    return Source::pixels;
  }
  if (type.name == "uint16" && type.raw_ready && dataset.has_attribute("bfloat16")) return Source::bfloat16;
  if (options.inputs && type.name == "uint8" && type.raw_ready) return Source::fractions;
  require(type.kind == Hdf5Type::Kind::floating, "{} should hold floating numbers{}, but holds {}",
          dataset.where(), options.inputs ? " or uint8" : "", type.name);
  if (!type.raw_ready) return Source::library;
  if (type.name == "float16") return Source::float16;
  if (type.name == "bfloat16") return Source::bfloat16;
  if (type.name == "float32") return Source::float32;
  if (type.name == "float64") return Source::float64;
  return Source::library;
}

std::size_t bytes_of(Source source) {
  switch (source) {
    case Source::float16:
    case Source::bfloat16:
      return 2;
    case Source::float64:
      return 8;
    case Source::pixels:
    case Source::fractions:
      return 1;
    default:
      return 4;  // the library hands out float32
  }
}

void convert(Source source, const std::byte* from, float* out, std::int64_t count) {
  switch (source) {
    case Source::float16:
      convert_float16(reinterpret_cast<const std::uint16_t*>(from), out, count);
      break;
    case Source::bfloat16: {
      const auto* bits = reinterpret_cast<const std::uint16_t*>(from);
      for (std::int64_t i = 0; i < count; ++i) out[i] = std::bit_cast<float>(std::uint32_t{bits[i]} << 16);
      break;
    }
    case Source::float64: {
      const auto* values = reinterpret_cast<const double*>(from);
      for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(values[i]);
      break;
    }
    case Source::pixels:
      for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(std::to_integer<int>(from[i]));
      break;
    case Source::fractions:
      for (std::int64_t i = 0; i < count; ++i)
        out[i] = static_cast<float>(std::to_integer<int>(from[i])) / 255.0f;
      break;
    default:
      std::memcpy(out, from, static_cast<std::size_t>(count) * sizeof(float));
      break;
  }
}

// Exponent bits all set: infinity or NaN. Without a branch, hence vectorised.
bool all_finite(const float* values, std::int64_t count) {
  std::uint32_t bad = 0;
  for (std::int64_t i = 0; i < count; ++i)
    bad |= (std::bit_cast<std::uint32_t>(values[i]) & 0x7f800000u) == 0x7f800000u;
  return bad == 0;
}

}  // namespace

struct FeatureReader::Impl {
  Impl(Hdf5Dataset dataset, std::string dataset_name, Options wanted)
      : data(std::move(dataset)), name(std::move(dataset_name)), options(wanted) {}

  Hdf5Dataset data;
  std::string name;
  Options options;
  Shape shape;
  Shape row_shape;
  std::int64_t row_size = 0;
  Source source = Source::library;
  std::size_t row_bytes = 0;
  std::int64_t block_rows = 1;  // rows of a cached block, one chunk of the file; 1: not cached

  std::mutex mutex;                                          // guards what follows
  std::vector<std::pair<std::int64_t, std::int64_t>> order;  // (row, place in the output), sorted
  std::vector<std::byte> buffer;                             // rows on their way, when they are not cached

  // Decoded chunks, least recently used last.
  struct Block {
    std::int64_t index;
    std::vector<std::byte> bytes;
  };
  std::list<Block> blocks;
  std::unordered_map<std::int64_t, std::list<Block>::iterator> by_index;
  std::size_t cached = 0;

  std::uintmax_t file_bytes = 0;  // when it was opened

  // HDF5 reads zeros where a file has become shorter than it says.
  void require_whole() const {
    std::error_code gone;  // a file that was removed or moved can still be read
    const std::uintmax_t now = std::filesystem::file_size(data.file(), gone);
    require(gone || now >= file_bytes,
            "{} has become shorter while it was in use: it had {} bytes and has {}", data.file(), file_bytes,
            now);
  }

  void fetch(std::int64_t begin, std::int64_t count, std::byte* out) const {
    if (source == Source::library)
      data.read_rows(begin, count, reinterpret_cast<float*>(out));
    else
      data.read_rows_raw(begin, count, out);
  }

  const std::byte* block(std::int64_t index) {
    if (const auto found = by_index.find(index); found != by_index.end()) {
      blocks.splice(blocks.begin(), blocks, found->second);
      return blocks.front().bytes.data();
    }
    const std::int64_t begin = index * block_rows;
    const std::int64_t count = std::min(block_rows, shape[0] - begin);
    const std::size_t bytes = static_cast<std::size_t>(count) * row_bytes;
    std::vector<std::byte> memory;
    while (!blocks.empty() && cached + bytes > options.cache_bytes) {
      cached -= blocks.back().bytes.size();
      by_index.erase(blocks.back().index);
      memory = std::move(blocks.back().bytes);  // its memory is used again
      blocks.pop_back();
    }
    memory.resize(bytes);
    fetch(begin, count, memory.data());
    blocks.push_front({index, std::move(memory)});
    by_index[index] = blocks.begin();
    cached += bytes;
    return blocks.front().bytes.data();
  }

  void emit(const std::byte* from, std::int64_t row, float* out) const {
    convert(source, from, out, row_size);
    if (all_finite(out, row_size)) return;
    std::int64_t column = 0;
    while (all_finite(out + column, 1)) ++column;
    fail("{} holds {} at row {}, column {}: {} must be finite", data.where(), out[column], row, column,
         options.inputs ? "inputs" : "features");
  }

  void read_cached(float* out) {
    std::int64_t current = -1;
    const std::byte* bytes = nullptr;
    for (const auto& [row, place] : order) {
      if (row / block_rows != current) bytes = block(current = row / block_rows);
      emit(bytes + static_cast<std::size_t>(row % block_rows) * row_bytes, row, out + place * row_size);
    }
  }

  // Consecutive rows are one request to the library.
  void read_direct(float* out) {
    const auto most =
        std::max<std::int64_t>(1, static_cast<std::int64_t>((std::size_t{4} << 20) / row_bytes));
    for (std::size_t first = 0; first < order.size();) {
      const std::int64_t begin = order[first].first;
      std::int64_t end = begin + 1;
      std::size_t last = first + 1;
      while (last < order.size() && order[last].first <= end && order[last].first - begin < most)
        end = order[last++].first + 1;
      buffer.resize(static_cast<std::size_t>(end - begin) * row_bytes);
      fetch(begin, end - begin, buffer.data());
      for (; first < last; ++first) {
        const auto& [row, place] = order[first];
        emit(buffer.data() + static_cast<std::size_t>(row - begin) * row_bytes, row, out + place * row_size);
      }
    }
  }
};

FeatureReader::FeatureReader(const std::string& path, const std::string& dataset)
    : FeatureReader(path, dataset, Options{}) {}

FeatureReader::FeatureReader(const std::string& path, const std::string& dataset, Options options)
    : impl_(std::make_unique<Impl>(Hdf5File::open(path).dataset(dataset), dataset, options)) {
  Impl& impl = *impl_;
  impl.file_bytes = std::filesystem::file_size(path);
  impl.shape = impl.data.shape();
  const int rank = impl.shape.rank();
  require(options.pictures || options.inputs || rank == 2 || rank == 4,
          "{} should have the shape [n, D] or [n, C, H, W], but has {}", impl.data.where(),
          to_string(impl.shape));
  require(
      !options.inputs || (rank >= 2 && rank <= 5),
      "{} should have two to five dimensions, the first of which counts the examples, but has the shape {}",
      impl.data.where(), to_string(impl.shape));
  impl.source = source_of(impl.data, options);
  impl.row_shape = Shape(impl.shape.sizes().subspan(1));
  impl.row_size = impl.row_shape.numel();
  require(impl.row_size <= (std::int64_t{1} << 24), "{} has rows of {} elements: its shape is {}",
          impl.data.where(), impl.row_size, to_string(impl.shape));
  require(impl.row_size > 0, "{} has rows without elements: its shape is {}", impl.data.where(),
          to_string(impl.shape));
  impl.data.require_plausible_size(bytes_of(impl.source));
  impl.row_bytes = static_cast<std::size_t>(impl.row_size) * bytes_of(impl.source);
  const std::int64_t chunk = std::min(impl.data.chunk_rows(), impl.shape[0]);
  // A chunk that the cache can't hold is left to the library, which decodes it for each request.
  if (chunk > 1 && static_cast<std::size_t>(chunk) <= options.cache_bytes / impl.row_bytes)
    impl.block_rows = chunk;
}

FeatureReader::~FeatureReader() = default;
FeatureReader::FeatureReader(FeatureReader&&) noexcept = default;
FeatureReader& FeatureReader::operator=(FeatureReader&&) noexcept = default;

const std::string& FeatureReader::path() const {
  return impl_->data.file();
}
const std::string& FeatureReader::dataset() const {
  return impl_->name;
}
const std::string& FeatureReader::stored_type() const {
  return impl_->data.type().name;
}
const Shape& FeatureReader::shape() const {
  return impl_->shape;
}
const Shape& FeatureReader::row_shape() const {
  return impl_->row_shape;
}
std::int64_t FeatureReader::count() const {
  return impl_->shape[0];
}
std::int64_t FeatureReader::row_size() const {
  return impl_->row_size;
}

void FeatureReader::read(std::span<const std::int64_t> rows, float* out) const {
  Impl& impl = *impl_;
  const std::lock_guard guard(impl.mutex);
  impl.order.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0 || rows[i] >= count())
      fail("row {} is outside {}, which has {} rows", rows[i], impl.data.where(), count());
    impl.order.emplace_back(rows[i], static_cast<std::int64_t>(i));
  }
  std::sort(impl.order.begin(), impl.order.end());
  if (impl.block_rows > 1)
    impl.read_cached(out);
  else
    impl.read_direct(out);
  impl.require_whole();
}

}  // namespace dlcore
