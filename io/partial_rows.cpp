#include "io/partial_rows.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/checksum.h"
#include "io/flat_file.h"
#include "io/float16.h"
#include "io/folder_lock.h"
#include "io/json_text.h"

namespace dlcore {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uint64_t journal_start = 0x6A6F75726E616Cu;

template <class T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::uint64_t checksum_of_sizes(std::span<const std::int64_t> sizes) {
  return checksum(bytes_of(sizes));
}

// The first key with different values, as a sentence's part; empty when all are equal.
std::string difference(const json& then, const json& now) {
  for (const auto& [key, value] : now.items()) {
    const auto found = then.find(key);
    if (found == then.end() || *found != value)
      return fmt::format("{} was {} and is now {}", key, found == then.end() ? "not known" : to_text(*found),
                         to_text(value));
  }
  return then.size() == now.size() ? "" : "it has other settings than this program knows";
}

// A line of the journal.
struct BatchLine {
  std::vector<PartialRows::Item> items;  // their source_size is not in it
  std::uint64_t sources = 0;             // checksums
  std::uint64_t features = 0;
  std::uint64_t images = 0;
};

// Nothing where the line is not as append() writes it, or has more than `most_items`.
std::optional<BatchLine> parse_line(std::string_view line, std::int64_t most_items) {
  try {
    const json parsed = parse_json(line, "the journal");
    const json& batch = parsed.at("batch");
    if (parsed.at("sum") != checksum(to_text(batch), journal_start)) return std::nullopt;
    const auto count = batch.at("items").get<std::uint64_t>();
    if (count > static_cast<std::uint64_t>(most_items)) return std::nullopt;
    BatchLine result{std::vector<PartialRows::Item>(count), batch.at("sources").get<std::uint64_t>(),
                     batch.at("features").get<std::uint64_t>(), batch.at("images").get<std::uint64_t>()};
    for (const auto& [index, problem] : batch.at("problems").items()) {
      std::size_t item = 0;
      const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), item);
      if (error != std::errc() || end != index.data() + index.size() || item >= count) return std::nullopt;
      result.items[item].problem = problem.get<std::string>();
    }
    return result;
  } catch (const json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

struct PartialRows::Impl {
  Impl(const std::string& out, Options wanted)
      : target(file_behind_links(out)), folder(target + ".partial"), options(std::move(wanted)) {}

  std::string target;
  std::string folder;
  Options options;
  std::unique_ptr<FolderLock> lock;
  FlatFile features, images, journal;
  std::vector<Item> items;
  std::int64_t rows = 0;

  std::int64_t feature_bytes() const {
    return options.feature_size * (options.element == Hdf5Element::float16 ? 2 : 4);
  }

  void check_settings(const json& now);
  void recover(const std::function<std::int64_t(std::int64_t)>& source_size);
  bool recover_batch(std::string_view line, const std::function<std::int64_t(std::int64_t)>& source_size);
  bool rows_hold(const FlatFile& file, std::int64_t row_bytes, std::int64_t count,
                 std::uint64_t expected) const;
};

void PartialRows::Impl::check_settings(const json& now) {
  const std::string path = folder + "/settings.json";
  if (options.restart) fs::remove(folder + "/journal");
  if (!fs::exists(path) || !fs::exists(folder + "/journal") || fs::is_empty(folder + "/journal")) {
    write_file_atomically(path, now.dump(1) + "\n");
    return;
  }
  const json then = parse_json(read_file(path), path);
  const std::string changed = then.is_object() ? difference(then, now) : "its settings are no JSON object";
  require(
      changed.empty(),
      "{} has the beginnings of a run with other settings or inputs: {}; delete that folder, or begin anew "
      "with dlcore_prepare's --restart",
      folder, changed);
}

bool PartialRows::Impl::rows_hold(const FlatFile& file, std::int64_t row_bytes, std::int64_t count,
                                  std::uint64_t expected) const {
  if (row_bytes == 0) return true;
  if (count > (file.size() - rows * row_bytes) / row_bytes) return false;
  std::string data(static_cast<std::size_t>(row_bytes * count), '\0');
  return file.read(rows * row_bytes, data.data(), data.size()) && expected == checksum(data);
}

// Whether the line and its rows are whole; then they are taken over.
bool PartialRows::Impl::recover_batch(std::string_view line,
                                      const std::function<std::int64_t(std::int64_t)>& source_size) {
  const auto left = options.item_count - static_cast<std::int64_t>(items.size());
  std::optional<BatchLine> batch = parse_line(line, left);
  if (!batch) return false;
  std::vector<std::int64_t> sizes;
  for (Item& item : batch->items) {
    item.source_size = source_size(static_cast<std::int64_t>(items.size() + sizes.size()));
    sizes.push_back(item.source_size);
  }
  if (batch->sources != checksum_of_sizes(sizes)) return false;
  const std::int64_t count = std::count_if(batch->items.begin(), batch->items.end(),
                                           [](const Item& item) { return item.problem.empty(); });
  if (!rows_hold(features, feature_bytes(), count, batch->features) ||
      !rows_hold(images, options.image_bytes, count, batch->images))
    return false;
  items.insert(items.end(), batch->items.begin(), batch->items.end());
  rows += count;
  return true;
}

void PartialRows::Impl::recover(const std::function<std::int64_t(std::int64_t)>& source_size) {
  const std::string text = read_file(journal.path());
  std::size_t at = 0;
  for (std::size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    if (!recover_batch(std::string_view(text).substr(at, end - at), source_size)) break;
  journal.cut(static_cast<std::int64_t>(at));
  features.cut(rows * feature_bytes());
  images.cut(rows * options.image_bytes);
}

PartialRows::PartialRows(const std::string& out, Options options,
                         const std::function<std::int64_t(std::int64_t)>& source_size)
    : impl_(std::make_unique<Impl>(out, std::move(options))) {
  Impl& impl = *impl_;
  impl.lock = std::make_unique<FolderLock>(impl.folder, "another dlcore_prepare works on the same file");
  json now = parse_json(impl.options.settings, "the settings of " + out);
  now["row"] = {impl.feature_bytes(), impl.options.image_bytes};
  try {
    impl.check_settings(now);
    for (const auto& entry :
         fs::directory_iterator(impl.folder))  // a run may have been killed while it wrote these
      if (const std::string name = entry.path().filename().string();
          name.starts_with("finished.") || name.ends_with(".tmp"))
        fs::remove(entry.path());
  } catch (const fs::filesystem_error& error) {
    fail("cannot work in the folder {}: {}", impl.folder, error.code().message());
  }
  impl.features = FlatFile(impl.folder + "/features");
  impl.images = FlatFile(impl.folder + "/images");
  impl.journal = FlatFile(impl.folder + "/journal");
  impl.recover(source_size);
}

PartialRows::~PartialRows() {
  std::error_code ignored;
  if (impl_->rows == 0) fs::remove_all(impl_->folder, ignored);
}

const std::vector<PartialRows::Item>& PartialRows::items() const {
  return impl_->items;
}

std::int64_t PartialRows::row_count() const {
  return impl_->rows;
}

void PartialRows::append(std::span<const Item> items, std::span<const float> features,
                         std::span<const std::uint8_t> images) {
  Impl& impl = *impl_;
  std::vector<std::int64_t> sizes;
  json problems = json::object();
  for (const Item& item : items) {
    if (!item.problem.empty()) problems[std::to_string(sizes.size())] = item.problem;
    sizes.push_back(item.source_size);
  }
  const auto count = static_cast<std::int64_t>(items.size() - problems.size());
  require(static_cast<std::int64_t>(features.size()) == count * impl.options.feature_size &&
              static_cast<std::int64_t>(images.size()) == count * impl.options.image_bytes,
          "{} rows for {} can't have {} features and {} bytes of pixels", count, impl.target, features.size(),
          images.size());
  std::vector<std::uint16_t> halves;
  std::string_view feature_bytes = bytes_of(features);
  if (impl.options.element == Hdf5Element::float16) {
    halves.resize(features.size());
    std::transform(features.begin(), features.end(), halves.begin(), float16_from_float);
    feature_bytes = bytes_of(std::span<const std::uint16_t>(halves));
  }
  impl.features.append(feature_bytes);
  impl.images.append(bytes_of(images));
  const json batch = {{"items", items.size()},
                      {"problems", std::move(problems)},
                      {"sources", checksum_of_sizes(sizes)},
                      {"features", checksum(feature_bytes)},
                      {"images", checksum(bytes_of(images))}};
  const std::uint64_t sum = checksum(to_text(batch), journal_start);
  impl.journal.append(to_text({{"batch", batch}, {"sum", sum}}) + "\n");
  impl.items.insert(impl.items.end(), items.begin(), items.end());
  impl.rows += count;
}

void PartialRows::read(std::int64_t row, std::span<float> features, std::span<std::uint8_t> pixels) const {
  const Impl& impl = *impl_;
  require(row >= 0 && row < impl.rows, "row {} is outside {}, which has {} rows", row, impl.folder,
          impl.rows);
  require(static_cast<std::int64_t>(features.size()) == impl.options.feature_size &&
              static_cast<std::int64_t>(pixels.size()) == impl.options.image_bytes,
          "a row of {} has other sizes", impl.folder);
  bool whole = impl.images.read(row * impl.options.image_bytes, pixels.data(), pixels.size());
  if (impl.options.element == Hdf5Element::float16) {
    std::vector<std::uint16_t> halves(features.size());
    whole = impl.features.read(row * impl.feature_bytes(), halves.data(), halves.size() * 2) && whole;
    convert_float16(halves.data(), features.data(), impl.options.feature_size);
  } else {
    whole = impl.features.read(row * impl.feature_bytes(), features.data(), features.size_bytes()) && whole;
  }
  require(whole, "{} has become shorter: row {} is not there", impl.folder, row);
}

std::string PartialRows::finished_path() const {
  return impl_->folder + "/finished.h5";
}

void PartialRows::publish() {
  rename_durably(finished_path(), impl_->target);
  std::error_code ignored;  // the data file is complete, whatever becomes of the rest
  fs::remove_all(impl_->folder, ignored);
  impl_->rows = 0;
}

}  // namespace dlcore
