#include "io/example_file.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/format.h"
#include "io/atomic_file.h"
#include "io/data_file.h"
#include "io/hdf5.h"

namespace dlcore {

namespace {

constexpr std::int64_t chunk_bytes = 16 << 10;  // of inputs: small, so that one row costs little
constexpr std::int64_t buffer_bytes = 1 << 20;  // before they are written
constexpr std::int64_t label_rows = 4096;       // of a chunk

struct Split {
  Hdf5Dataset inputs;
  std::vector<std::uint8_t> waiting = {};
  std::vector<std::int32_t> labels = {};
};

}  // namespace

struct ExampleFileWriter::Impl {
  Impl(const std::string& path, Options wanted)
      : target(path), options(std::move(wanted)), file(Hdf5File::create(target.temporary_path())) {}

  AtomicFile target;
  Options options;
  std::map<std::string, Split> splits;
  std::optional<Hdf5File> file;  // closed before the rename

  Split& split(const std::string& name) {
    require(is_split_name(name), "cannot write split \"{}\" of {}: the splits are train, val and test", name,
            target.path());
    if (const auto found = splits.find(name); found != splits.end()) return found->second;
    const std::int64_t rows = std::max<std::int64_t>(1, chunk_bytes / options.input_shape.numel());
    return splits
        .emplace(name,
                 Split{file->create_dataset(name + "/inputs", Hdf5Element::uint8, options.input_shape, rows)})
        .first->second;
  }
};

ExampleFileWriter::ExampleFileWriter(const std::string& path, Options options) {
  require(options.input_shape.rank() == 3 && options.input_shape.numel() > 0,
          "cannot write {}: pictures should have the shape [H, W, channels], not {}", path,
          options.input_shape);
  impl_ = std::make_unique<Impl>(path, std::move(options));
  impl_->file->set_text_attribute("creator", impl_->options.creator);
}

ExampleFileWriter::~ExampleFileWriter() = default;

void ExampleFileWriter::add(const std::string& split, std::span<const std::uint8_t> pixels,
                            std::int32_t label) {
  const std::size_t names = impl_->options.class_names.size();
  require(static_cast<std::int64_t>(pixels.size()) == impl_->options.input_shape.numel(),
          "cannot write a picture of {} bytes to {}: it should have the shape {}", pixels.size(),
          impl_->target.path(), impl_->options.input_shape);
  require(label >= 0 && (names == 0 || static_cast<std::size_t>(label) < names),
          "cannot write the class {} to {}, which names {} classes", label, impl_->target.path(), names);
  Split& into = impl_->split(split);
  into.labels.push_back(label);
  into.waiting.insert(into.waiting.end(), pixels.begin(), pixels.end());
  if (into.waiting.size() < static_cast<std::size_t>(buffer_bytes)) return;
  into.inputs.append(std::span<const std::uint8_t>(into.waiting));
  into.waiting.clear();
}

std::int64_t ExampleFileWriter::count(const std::string& split) const {
  const auto found = impl_->splits.find(split);
  return found == impl_->splits.end() ? 0 : static_cast<std::int64_t>(found->second.labels.size());
}

void ExampleFileWriter::finish() {
  require(!impl_->splits.empty(), "cannot write {}: it has no examples", impl_->target.path());
  for (auto& [name, split] : impl_->splits) {
    split.inputs.append(std::span<const std::uint8_t>(split.waiting));
    impl_->file->create_dataset(name + "/targets", Hdf5Element::int32, Shape{}, label_rows)
        .append(std::span<const std::int32_t>(split.labels));
  }
  if (!impl_->options.class_names.empty()) impl_->file->write_text("classes", impl_->options.class_names);
  impl_->splits.clear();  // the datasets hold the file open
  impl_->file->flush();
  impl_->file.reset();
  impl_->target.commit();
}

}  // namespace dlcore
