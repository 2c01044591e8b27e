#include "models/data_loader.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "core/error.h"
#include "models/pictures.h"

namespace dlcore {
namespace {

std::vector<std::int64_t> select_captions(const CaptionSplit& split, const DataLoader::Options& options) {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> taken(static_cast<std::size_t>(split.images.count()), 0);
  for (std::int64_t row = 0; row < split.count(); ++row) {
    if (options.limit > 0 && static_cast<std::int64_t>(rows.size()) == options.limit) break;
    auto& of_image = taken[static_cast<std::size_t>(split.image_idxs[static_cast<std::size_t>(row)])];
    if (options.captions_per_image > 0 && of_image == options.captions_per_image) continue;
    ++of_image;
    rows.push_back(row);
  }
  return rows;
}

// How many captions of each image an epoch takes, by image.
std::vector<std::int64_t> captions_of_images(const CaptionSplit& split,
                                             std::span<const std::int64_t> selection, std::int64_t sampled) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(split.images.count()), 0);
  for (const auto row : selection) {
    auto& count = counts[static_cast<std::size_t>(split.image_idxs[static_cast<std::size_t>(row)])];
    if (sampled == 0 || count < sampled) ++count;
  }
  return counts;
}

// The most images that `captions` one after another are of, where each image's follow one another.
std::int64_t images_in_a_row(std::span<const std::int64_t> counts, std::int64_t captions) {
  std::int64_t fewest = captions;
  for (const auto count : counts)
    if (count > 0) fewest = std::min(fewest, count);
  return std::min(captions, captions / fewest + 2);  // two are cut off at the ends
}

}  // namespace

DataLoader::DataLoader(const CaptionSplit& split, std::int32_t null_index, const Options& options,
                       const Stream& consumer)
    : split_(split),
      null_index_(null_index),
      options_(options),
      selection_(select_captions(split, options)),
      ahead_(static_cast<std::size_t>(std::max<std::int64_t>(options.read_ahead, 2)), consumer) {
  const std::vector<std::int64_t> counts = captions_of_images(split, selection_, options.captions_sampled);
  of_epoch_ = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  require(options.batch >= 1, "the batch must have at least 1 caption, not {}", options.batch);
  require(batches() >= 1, "{} captions make no full batch of {}: make it smaller, or keep the last batch",
          of_epoch_, options.batch);
  const std::int64_t N = std::min(options.batch, captions());
  feature_rows_ = options.once && options.group_captions ? images_in_a_row(counts, N) : N;
  std::int64_t D = split.images.features.row_size();
  require(!options.once || options.pictures, "the data loader gives each picture once, but reads features");
  if (options.pictures) {
    const std::int64_t S = split.images.features.row_shape()[0];
    picture_side_ = options.crop > 0 ? options.crop : S;
    require(picture_side_ <= S, "data.crop is {}, but the pictures in {} are {} pixels wide", picture_side_,
            split.images.features.path(), S);
    pixels_.resize(static_cast<std::size_t>(feature_rows_ * D));
    D = picture_side_ * picture_side_ * 3;
  }
  if (options.type != DType::float32) floats_.resize(static_cast<std::size_t>(feature_rows_ * D));
  const Shape features =
      options.pictures ? Shape{feature_rows_, picture_side_, picture_side_, 3} : Shape{N, D};
  const Shape tokens{N * (split.length - 1)};
  const auto memory = [&](auto make) {
    return Memory{.features = make(features, options.type),
                  .inputs = make(tokens, DType::int32),
                  .targets = make(tokens, DType::int32),
                  .words = make(tokens, DType::int32),
                  .word_rows = make(tokens, DType::int32),
                  .picture_rows = options.once ? make(Shape{N}, DType::int32) : Tensor()};
  };
  const Device device = consumer.device();
  const auto on_host = [&](const Shape& shape, DType type) { return Tensor::staging(shape, type, device); };
  const auto on_device = [&](const Shape& shape, DType type) { return Tensor(shape, type, device); };
  for (std::size_t i = 0; i < ahead_.slots(); ++i)
    slots_.push_back({{}, memory(on_host), device.is_cuda() ? memory(on_device) : Memory{}});
  consumer.synchronize();  // queued work may still use what the allocator has given for the slots
}

std::int64_t DataLoader::batches() const {
  return options_.drop_last ? of_epoch_ / options_.batch : (of_epoch_ + options_.batch - 1) / options_.batch;
}

std::int64_t DataLoader::captions() const {
  return options_.drop_last ? batches() * options_.batch : of_epoch_;
}

std::vector<std::int64_t> DataLoader::captions_of_epoch(Random& random) const {
  if (options_.captions_sampled == 0) return selection_;
  std::vector<std::vector<std::int64_t>> of_images(static_cast<std::size_t>(split_.images.count()));
  for (const auto row : selection_)
    of_images[static_cast<std::size_t>(split_.image_idxs[static_cast<std::size_t>(row)])].push_back(row);
  std::vector<std::int64_t> rows;
  for (auto& of_image : of_images) {
    const auto count = static_cast<std::int64_t>(of_image.size());
    for (std::int64_t k = 0; k < std::min(count, options_.captions_sampled); ++k) {
      std::swap(of_image[static_cast<std::size_t>(k)],
                of_image[static_cast<std::size_t>(k + random.below(count - k))]);
      rows.push_back(of_image[static_cast<std::size_t>(k)]);
    }
  }
  return rows;
}

std::vector<std::int64_t> DataLoader::order_of(std::int64_t epoch) const {
  Random random(options_.seed, static_cast<std::uint64_t>(epoch));
  std::vector<std::int64_t> order = captions_of_epoch(random);
  if (options_.group_captions) {
    std::vector<std::int64_t> places(static_cast<std::size_t>(split_.images.count()));
    std::iota(places.begin(), places.end(), 0);
    if (options_.shuffle) places = random.permutation(split_.images.count());
    const auto place = [&](std::int64_t row) {
      return places[static_cast<std::size_t>(split_.image_idxs[static_cast<std::size_t>(row)])];
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return place(a) < place(b); });
  } else if (options_.shuffle) {
    const std::vector<std::int64_t> rows = std::move(order);
    order = random.permutation(static_cast<std::int64_t>(rows.size()));
    for (auto& place : order) place = rows[static_cast<std::size_t>(place)];
  }
  order.resize(static_cast<std::size_t>(captions()));
  return order;
}

void DataLoader::start(std::int64_t epoch, std::int64_t done) {
  ahead_.stop();
  epoch_ = static_cast<std::uint64_t>(epoch);
  ahead_.start(done, batches(), [this, order = order_of(epoch)](std::size_t slot, std::int64_t batch) {
    const auto begin = static_cast<std::size_t>(batch * options_.batch);
    const std::size_t count = std::min(static_cast<std::size_t>(options_.batch), order.size() - begin);
    return fill(slots_[slot], std::span(order).subspan(begin, count), begin);
  });
}

void DataLoader::cut_pictures(const std::vector<std::int64_t>& images, std::uint64_t position,
                              float* place) const {
  const std::int64_t S = split_.images.features.row_shape()[0];
  const std::int64_t room = S - picture_side_;
  const float* pixels = pixels_.data();
  for (const std::int64_t image : images) {
    PictureCut cut{room / 2, room / 2, false};
    if (options_.augment || options_.flip) {
      const auto which = options_.once ? static_cast<std::uint64_t>(image) : position++;
      Random random(options_.seed, (epoch_ << 32) + which);
      const std::int64_t top = random.below(room + 1), left = random.below(room + 1);
      if (options_.augment) cut = {top, left, false};
      cut.mirrored = options_.flip && random.below(2) == 1;
    }
    cut_picture(pixels, S, cut, picture_side_, place);
    pixels += S * S * 3;
    place += picture_side_ * picture_side_ * 3;
  }
}

void DataLoader::read_features(const std::vector<std::int64_t>& images, std::uint64_t position,
                               const Tensor& features) {
  float* const place = options_.type == DType::float32 ? features.data<float>() : floats_.data();
  if (options_.pictures) {
    split_.images.features.read(images, pixels_.data());
    cut_pictures(images, position, place);
  } else {
    split_.images.features.read(images, place);
  }
  if (options_.type != DType::float32)
    convert<float>(std::span<const float>(floats_).first(static_cast<std::size_t>(features.numel())),
                   features);
}

ReadAhead::Copies DataLoader::fill(Slot& slot, std::span<const std::int64_t> rows, std::uint64_t position) {
  CaptionBatch& batch = slot.batch;
  const Memory& memory = slot.host;
  std::vector<std::span<const std::int32_t>> captions;
  captions.reserve(rows.size());
  for (const auto row : rows) captions.push_back(split_.caption(row));
  const PackedOrder packed = pack_captions(captions, null_index_);
  const std::int64_t N = packed.packing.batch();
  const std::int64_t tokens = packed.packing.tokens();
  batch.packing = packed.packing;
  batch.inputs = memory.inputs.rows(0, tokens);
  batch.targets = memory.targets.rows(0, tokens);
  batch.word_rows = memory.word_rows.rows(0, tokens);
  const std::int64_t distinct =
      write_packed_words(packed, captions,
                         {memory.inputs.data<std::int32_t>(), memory.targets.data<std::int32_t>(),
                          memory.words.data<std::int32_t>(), memory.word_rows.data<std::int32_t>()});
  batch.words = memory.words.rows(0, distinct);
  batch.rows.clear();
  batch.images.clear();
  std::vector<std::int64_t> image_rows;
  std::vector<std::int32_t> picture_rows;
  std::unordered_map<std::int32_t, std::int32_t> rows_of_images;
  for (const auto place : packed.order) {
    const std::int64_t row = rows[static_cast<std::size_t>(place)];
    batch.rows.push_back(row);
    batch.images.push_back(split_.image_idxs[static_cast<std::size_t>(row)]);
    if (options_.once) {
      const auto next = static_cast<std::int32_t>(image_rows.size());
      const auto [found, is_new] = rows_of_images.emplace(batch.images.back(), next);
      picture_rows.push_back(found->second);
      if (!is_new) continue;
    }
    image_rows.push_back(batch.images.back());
  }
  batch.features = memory.features.rows(0, static_cast<std::int64_t>(image_rows.size()));
  read_features(image_rows, position, batch.features);
  if (options_.once) {
    batch.picture_rows = memory.picture_rows.rows(0, N);
    std::copy(picture_rows.begin(), picture_rows.end(), batch.picture_rows.data<std::int32_t>());
  }
  return {{&batch.features, slot.device.features}, {&batch.picture_rows, slot.device.picture_rows},
          {&batch.inputs, slot.device.inputs},     {&batch.targets, slot.device.targets},
          {&batch.words, slot.device.words},       {&batch.word_rows, slot.device.word_rows}};
}

const CaptionBatch* DataLoader::next() {
  const auto slot = ahead_.next();
  return slot ? &slots_[*slot].batch : nullptr;
}

}  // namespace dlcore
