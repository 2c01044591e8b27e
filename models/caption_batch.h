// A batch of captions with the features of their images, packed for the decoder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "layers/packing.h"

namespace dlcore {

/// Sequence r of the packing is a caption <START> w1 ... wk <END>: the model reads all but the last token and
/// predicts all but the first. Captions are sorted by falling length; N captions, D feature elements.
struct CaptionBatch {
  Tensor features;  // (N, D), row r belongs to sequence r; or pictures (N, S, S, 3), or (U, S, S, 3) with:
  Tensor picture_rows;  // (N) int32: which of the U different pictures belongs to sequence r; or undefined
  Tensor inputs;        // (tokens) int32
  Tensor words;         // (U) int32: the different words among the inputs, rising
  Tensor word_rows;     // (tokens) int32: inputs[k] = words[word_rows[k]]
  Tensor targets;       // (tokens) int32
  Packing packing;
  std::vector<std::int64_t> rows;    // (N): which caption each sequence is
  std::vector<std::int32_t> images;  // (N): which image row each sequence describes

  std::int64_t count() const { return packing.batch(); }

  /// The same batch on another device.
  CaptionBatch to(Device device) const;
};

/// The order in which sequences are packed, and their lengths.
struct PackedOrder {
  Packing packing;
  std::vector<std::int64_t> order;  // (N): order[r] is the position, among those given, of sequence r
};

/// Sorts captions by falling number of steps; of equal ones the first given comes first. A caption (T tokens)
/// has as many steps as reach its last target that is not <NULL>: padding after it is never computed.
PackedOrder pack_captions(std::span<const std::span<const std::int32_t>> captions, std::int32_t null_index);

/// Where the words of a packed batch are written: for `tokens` elements each.
struct PackedWords {
  std::int32_t* inputs;
  std::int32_t* targets;
  std::int32_t* words;
  std::int32_t* word_rows;
};

/// Writes inputs, targets, the different input words and each input's row among them. Returns how many
/// different words there are.
std::int64_t write_packed_words(const PackedOrder& packed,
                                std::span<const std::span<const std::int32_t>> captions,
                                const PackedWords& destination);

/// Writes the different words among inputs (tokens), rising, and each input's row among them. Returns how
/// many there are. words, word_rows: for `tokens` elements each.
std::int64_t number_words(std::span<const std::int32_t> inputs, std::int32_t* words, std::int32_t* word_rows);

/// A batch in new tensors: captions (N, T) and features (N, D) in the same order. For tests and small
/// programs; DataLoader reuses its memory.
CaptionBatch make_caption_batch(std::span<const std::int32_t> captions, std::int64_t T,
                                const Tensor& features, std::int32_t null_index);

/// For each sequence of a batch the number of another one whose image is a different one: to exchange the
/// images among the captions. Empty when more than half of the batch shows one image, so that no such
/// exchange exists.
std::vector<std::int32_t> exchange_images(std::span<const std::int32_t> images);

}  // namespace dlcore
