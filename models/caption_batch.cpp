#include "models/caption_batch.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/error.h"

namespace dlcore {

CaptionBatch CaptionBatch::to(Device device) const {
  CaptionBatch result = *this;
  result.features = features.to(device);
  if (picture_rows.defined()) result.picture_rows = picture_rows.to(device);
  result.inputs = inputs.to(device);
  result.targets = targets.to(device);
  result.words = words.to(device);
  result.word_rows = word_rows.to(device);
  return result;
}

PackedOrder pack_captions(std::span<const std::span<const std::int32_t>> captions, std::int32_t null_index) {
  std::vector<std::int64_t> steps;
  for (const auto& caption : captions) {
    std::size_t last = caption.size();
    while (last > 1 && caption[last - 1] == null_index) --last;
    steps.push_back(static_cast<std::int64_t>(std::max<std::size_t>(last, 1)) - 1);
  }
  PackedOrder packed;
  packed.order.resize(captions.size());
  std::iota(packed.order.begin(), packed.order.end(), 0);
  std::stable_sort(packed.order.begin(), packed.order.end(), [&](std::int64_t a, std::int64_t b) {
    return steps[static_cast<std::size_t>(a)] > steps[static_cast<std::size_t>(b)];
  });
  std::vector<std::int64_t> lengths;
  for (const auto position : packed.order) lengths.push_back(steps[static_cast<std::size_t>(position)]);
  packed.packing = Packing::from_lengths(lengths);
  return packed;
}

std::int64_t write_packed_words(const PackedOrder& packed,
                                std::span<const std::span<const std::int32_t>> captions,
                                const PackedWords& destination) {
  std::int64_t tokens = 0;
  for (std::int64_t t = 0; t < packed.packing.steps(); ++t)
    for (std::int64_t r = 0; r < packed.packing.size(t); ++r, ++tokens) {
      const auto& caption = captions[static_cast<std::size_t>(packed.order[static_cast<std::size_t>(r)])];
      destination.inputs[tokens] = caption[static_cast<std::size_t>(t)];
      destination.targets[tokens] = caption[static_cast<std::size_t>(t + 1)];
    }
  return number_words({destination.inputs, static_cast<std::size_t>(tokens)}, destination.words,
                      destination.word_rows);
}

std::int64_t number_words(std::span<const std::int32_t> inputs, std::int32_t* words,
                          std::int32_t* word_rows) {
  std::copy(inputs.begin(), inputs.end(), words);
  std::sort(words, words + inputs.size());
  const std::int32_t* end = std::unique(words, words + inputs.size());
  for (std::size_t k = 0; k < inputs.size(); ++k)
    word_rows[k] = static_cast<std::int32_t>(
        std::lower_bound(static_cast<const std::int32_t*>(words), end, inputs[k]) - words);
  return end - words;
}

CaptionBatch make_caption_batch(std::span<const std::int32_t> captions, std::int64_t T,
                                const Tensor& features, std::int32_t null_index) {
  const std::int64_t N = features.size(0);
  require(T >= 1 && static_cast<std::int64_t>(captions.size()) == N * T,
          "a batch of {} feature rows needs captions [N={}, T={}], not {} tokens", N, N, T, captions.size());
  std::vector<std::span<const std::int32_t>> rows;
  for (std::int64_t r = 0; r < N; ++r)
    rows.push_back(captions.subspan(static_cast<std::size_t>(r * T), static_cast<std::size_t>(T)));
  const PackedOrder packed = pack_captions(rows, null_index);
  CaptionBatch batch;
  batch.packing = packed.packing;
  const Shape tokens{packed.packing.tokens()};
  for (Tensor* tensor : {&batch.inputs, &batch.targets, &batch.words, &batch.word_rows})
    *tensor = Tensor(tokens, DType::int32);
  const std::int64_t distinct =
      write_packed_words(packed, rows,
                         {batch.inputs.data<std::int32_t>(), batch.targets.data<std::int32_t>(),
                          batch.words.data<std::int32_t>(), batch.word_rows.data<std::int32_t>()});
  batch.words = batch.words.rows(0, distinct);
  const Tensor given = features.to(Device::cpu());
  const Tensor sorted(features.shape(), features.dtype());
  batch.rows = packed.order;
  for (std::int64_t r = 0; r < N; ++r) {
    const std::int64_t from = packed.order[static_cast<std::size_t>(r)];
    copy(Stream(), given.rows(from, from + 1), sorted.rows(r, r + 1));
    batch.images.push_back(static_cast<std::int32_t>(from));
  }
  batch.features = sorted;
  return batch.to(features.device());
}

std::vector<std::int32_t> exchange_images(std::span<const std::int32_t> images) {
  // Sorted by image, a shift by the size of the largest group of one image leaves every group.
  const std::size_t n = images.size();
  std::vector<std::int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  const auto image = [&](std::size_t k) { return images[static_cast<std::size_t>(order[k])]; };
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return images[static_cast<std::size_t>(a)] < images[static_cast<std::size_t>(b)];
  });
  std::size_t largest = 0;
  for (std::size_t begin = 0; begin < n;) {
    std::size_t end = begin;
    while (end < n && image(end) == image(begin)) ++end;
    largest = std::max(largest, end - begin);
    begin = end;
  }
  if (n < 2 || 2 * largest > n) return {};
  std::vector<std::int32_t> other(n);
  for (std::size_t k = 0; k < n; ++k) other[static_cast<std::size_t>(order[k])] = order[(k + largest) % n];
  return other;
}

}  // namespace dlcore
