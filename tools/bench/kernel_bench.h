// The kernels one by one: what the files with their operands share.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace dlcore {

/// Sizes that do not grow with the batch: of the report's LSTM captioner, and of RegNet-X 400MF's third
/// stage.
namespace bench {
inline constexpr std::int64_t V = 1004, H = 512, gates = 4 * H, features = 6400, side = 7, channels = 160;
}

/// What grows with it.
struct KernelExtents {
  /// Of the report's sizes at 250: about 2,875 words, 32 pictures.
  explicit KernelExtents(std::int64_t batch)
      : captions(batch), words(batch * 23 / 2), chunk(words * 4 / 11), pictures((batch + 7) / 8) {}

  std::int64_t captions, words, chunk, pictures;
  std::int64_t parameters = captions * 27'200, pixels = pictures * bench::side * bench::side;
};

/// Makes operands.
struct Draw {
  DType type;
  Stream stream;

  Tensor normal(const Shape& shape, std::uint64_t seed = 1) const;
  /// In the type in which statistics, losses and an optimiser's state are kept.
  Tensor exact(const Shape& shape, std::uint64_t seed = 1) const;
  /// Of 0 .. limit - 1.
  Tensor ids(std::int64_t n, std::int64_t limit) const;
  Tensor empty(const Shape& shape, DType of_type) const { return Tensor(shape, of_type, stream.device()); }
};

/// Queues a kernel once, on operands that are there.
using KernelRun = std::function<void()>;
using KernelMake = std::function<KernelRun(const Draw&, const Stream&)>;
using KernelList = std::vector<std::pair<std::string, KernelMake>>;

void add_products(KernelList& list, const KernelExtents& e);         // GEMM and convolutions
void add_caption_kernels(KernelList& list, const KernelExtents& e);  // of a decoder
void add_element_kernels(KernelList& list, const KernelExtents& e);  // passes over elements, sums, optimisers
void add_picture_kernels(KernelList& list, const KernelExtents& e);  // of an encoder
void add_network_kernels(KernelList& list, const KernelExtents& e);  // of networks for classes and numbers

}  // namespace dlcore
