// Pictures to image features: a trunk (a RegNet, say), pooled or not, flattened as PyTorch does.
//
//   pictures (N, S, S, 3) -> RegNet -> c5 (N, S/32, S/32, C) -> [mean over pixels] -> features (N, D)
//                                                                        [-> normalised over the batch]
//
// D = C (S/32)^2 of a grid, in the order C, H, W; C of a vector; for c4 a 16th of S takes the place of a
// 32nd, and so on. Pictures are RGB, scaled to [0, 1], less ImageNet's mean and over its deviation
// (models/pictures.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layers/graph.h"

namespace dlcore {

struct EncoderConfig {
  std::string name = "regnet_x_400mf";  // of encoder_names() (models/encoder_trunk.h)
  std::int64_t image_size = 224;        // S
  std::string level = "c5";             // of regnet_levels(): where the trunk ends
  std::string pool = "grid";            // of encoder_pools()
  bool normalize = false;               // batch normalisation of the features, without scale and shift

  friend bool operator==(const EncoderConfig&, const EncoderConfig&) = default;
};

class Encoder {
 public:
  /// Throws Error for an unknown name, level or pool and for a size that is not positive.
  Encoder(const EncoderConfig& config, DType type, Device device);

  const EncoderConfig& config() const { return config_; }
  /// (C, H, W) or (C).
  const Shape& feature_shape() const { return feature_shape_; }
  /// Under torchvision's names: "stem.0.weight", ...
  ParameterSet& parameters() { return graph_.parameters(); }
  const ParameterSet& parameters() const { return graph_.parameters(); }

  /// Initial weights as torchvision's RegNet.
  void initialize(std::uint64_t seed);
  /// Weights and statistics from a file of torchvision's (.pth, or .safetensors of dlcore_convert), whose
  /// classifier is not read, or from a captioner's model file. Throws Error when a tensor is missing or has
  /// another shape.
  void load(const std::string& path);
  /// A hash of all weights and statistics, as 16 hexadecimal digits.
  std::string checksum() const;

  /// Features (N, D) of pictures (N, S, S, 3), valid until the next forward. After forward in training,
  /// backward may follow, which adds to the parameters' gradients. Frozen and on a CPU, each thread takes
  /// pictures of its own from the first layer to the last, and none waits for another.
  Tensor forward(const Context& context, const Tensor& pictures);
  void backward(const Context& context, const Tensor& feature_gradient);

  /// Folds batch normalisation into the convolutions, as long as the parameters stay as they are.
  void freeze(const Stream& stream);
  void thaw();
  /// Makes room for N pictures.
  void reserve(const Context& context, std::int64_t N);

 private:
  struct Lane {  // what a thread with pictures of its own runs
    Graph graph;
    Stream stream;
  };
  struct Stage {
    std::string output;  // value of the graph
    std::int64_t bytes;  // of its largest value, for a picture
  };

  void set_passes(Graph& graph, int threads) const;
  Tensor at_one_address(const Stream& stream, const Tensor& pictures);
  int count_lanes(const Context& context, std::int64_t N) const;
  void make_lanes(int count, const Stream& like);

  EncoderConfig config_;
  DType type_;
  Device device_;
  Graph graph_;
  std::vector<Stage> stages_;
  std::string output_;
  Shape feature_shape_;
  bool frozen_ = false;
  std::vector<Lane> lanes_;
  Tensor features_;  // of all lanes
  Tensor pictures_;  // on a GPU, what the graph is fed
};

/// grid; vector, the mean over the picture; 2x2, 3x3, 4x4: means over the cells of such a grid.
std::vector<std::string> encoder_pools();

/// What stands before the names of an encoder's tensors in a captioner's model file.
inline constexpr const char* encoder_prefix = "encoder.";

}  // namespace dlcore
