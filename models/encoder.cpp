#include "models/encoder.h"

#include <algorithm>
#include <map>

#include "core/cpu.h"
#include "core/format.h"
#include "core/profile.h"
#include "io/weights_file.h"
#include "layers/batch_norm.h"
#include "layers/flatten.h"
#include "layers/pooling.h"
#include "models/encoder_trunk.h"

namespace dlcore {

namespace {

// Places in each direction of what the decoder sees; 0: all that there are.
const std::vector<std::pair<std::string, std::int64_t>>& pool_sides() {
  static const std::vector<std::pair<std::string, std::int64_t>> sides{
      {"grid", 0}, {"vector", 1}, {"2x2", 2}, {"3x3", 3}, {"4x4", 4}};
  return sides;
}

// In evaluation on a CPU, how much of a stage's largest value, the output of its first 1x1 convolution, a
// thread works on at a time, so that it stays in its second-level cache. Measured with 2 threads of 1 MiB
// each, RegNet-X 400MF, 32 pictures of 224 pixels, best of five runs: 0.8 MiB per thread 128.6 ms, 1.0 MiB
// 126.5, 1.25 MiB 124.5, 1.6 MiB 126.5, 2.5 MiB 127.6, all at once 136.
constexpr std::int64_t bytes_at_once = std::int64_t{5} << 18;

}  // namespace

std::vector<std::string> encoder_pools() {
  std::vector<std::string> names;
  for (const auto& [name, side] : pool_sides()) names.push_back(name);
  return names;
}

Encoder::Encoder(const EncoderConfig& config, DType type, Device device)
    : config_(config), type_(type), device_(device) {
  const Trunk trunk = encoder_trunk(config.name);
  require(config.image_size > 0, "encoder: the size of the pictures must be positive, not {}",
          config.image_size);
  const auto pool = std::find_if(pool_sides().begin(), pool_sides().end(),
                                 [&](const auto& one) { return one.first == config.pool; });
  require(pool != pool_sides().end(), "encoder: the pool must be one of {}, not '{}'",
          fmt::join(encoder_pools(), ", "), config.pool);
  graph_.input("pictures");
  const auto side = [&](std::int64_t stride) { return (config.image_size + stride - 1) / stride; };
  const std::vector<TrunkStage> trunk_stages = trunk(graph_, "pictures", config.level);
  for (const TrunkStage& stage : trunk_stages) {
    const std::int64_t largest = side(stage.stride / 2);  // a stage's first nodes have its input's size
    stages_.push_back(
        {stage.output, largest * largest * stage.channels * static_cast<std::int64_t>(size_of(type))});
  }
  if (device.is_cpu())
    set_passes(graph_, cpu_threads());
  else
    graph_.record_passes();
  require(!trunk_stages.empty(), "encoder: {} has no stage that ends at the level {}", config.name,
          config.level);
  const TrunkStage& last = trunk_stages.back();
  output_ = last.output;
  feature_shape_ = {last.channels, side(last.stride), side(last.stride)};
  if (const std::int64_t places = pool->second; places > 0) {
    graph_.add("pool", std::make_unique<Pool2d>(Pool2d::Kind::average, places, places), {output_});
    output_ = "pool";
    feature_shape_ = places == 1 ? Shape{last.channels} : Shape{last.channels, places, places};
  }
  graph_.add("flatten", std::make_unique<Flatten>(), {output_});
  output_ = "flatten";
  if (config.normalize) {
    graph_.add(
        "feature_norm",
        std::make_unique<BatchNorm2d>(BatchNormSettings{.channels = feature_shape_.numel(), .affine = false}),
        {output_});
    output_ = "feature_norm";
  }
  graph_.allocate(type, device);
}

void Encoder::initialize(std::uint64_t seed) {
  Random random(seed);
  parameters().initialize(random);
}

void Encoder::load(const std::string& path) {
  const auto file = open_weights(path);
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < file->tensors().size(); ++i) places[file->tensors()[i].name] = i;
  const bool is_model = places.contains(encoder_prefix + parameters().entries().front().name);
  for (const auto& [name, parameter] : parameters().entries()) {
    const auto found = places.find((is_model ? encoder_prefix : "") + name);
    // Not part of a RegNet; and of the features of another pool or size nothing can be learned for these.
    const bool optional = name.starts_with("feature_norm.");
    if (optional && (found == places.end() || file->tensors()[found->second].shape != parameter->shape))
      continue;
    require(found != places.end(), "{}: has no tensor '{}', which the encoder {} needs", path, name,
            config_.name);
    const StoredTensor& stored = file->tensors()[found->second];
    require(stored.shape == parameter->shape && is_stored_floating(stored.type),
            "{}: the encoder {} needs '{}' to be {} of a floating-point type, not {} {}", path, config_.name,
            name, parameter->shape, stored.type, stored.shape);
    const std::vector<std::byte> bytes =
        convert_elements(file->read(found->second), stored.type, "F64", path);
    const Tensor value(stored.shape, DType::float64);
    std::copy(bytes.begin(), bytes.end(), static_cast<std::byte*>(value.raw()));
    copy(Stream(device_), value.to(parameter->value.dtype()).to(device_), parameter->value);
  }
}

std::string Encoder::checksum() const {
  std::uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (const auto& entry : parameters().entries()) {
    const Tensor value = entry.parameter->value.to(Device::cpu());
    const auto* bytes = static_cast<const unsigned char*>(value.raw());
    for (std::size_t i = 0; i < value.bytes(); ++i) hash = (hash ^ bytes[i]) * 0x100000001B3u;
  }
  return fmt::format("{:016x}", hash);
}

void Encoder::set_passes(Graph& graph, int threads) const {
  std::int64_t pictures = 1;
  for (const Stage& stage : stages_) {
    pictures = std::max(pictures, threads * bytes_at_once / stage.bytes);
    graph.run_in_passes(stage.output, pictures);
  }
}

void Encoder::freeze(const Stream& stream) {
  graph_.freeze(stream);
  frozen_ = true;
}

void Encoder::thaw() {
  graph_.thaw();
  frozen_ = false;
}

// A profile is of one thread, which then runs all layers.
int Encoder::count_lanes(const Context& context, std::int64_t N) const {
  if (!device_.is_cpu() || !frozen_ || context.training || Profile::recording()) return 1;
  return static_cast<int>(std::clamp<std::int64_t>(N, 1, cpu_threads()));
}

void Encoder::make_lanes(int count, const Stream& like) {
  while (lanes_.size() < static_cast<std::size_t>(count)) {
    lanes_.push_back({graph_.twin(), Stream(like.cpu_target())});
    set_passes(lanes_.back().graph, 1);
  }
  for (Lane& lane : lanes_)
    if (lane.stream.cpu_target() != like.cpu_target()) lane.stream = Stream(like.cpu_target());
}

Tensor Encoder::forward(const Context& context, const Tensor& pictures) {
  const Tensor x = pictures.to(type_);
  const std::int64_t N = x.shape().rank() > 0 ? x.size(0) : 0;
  const int lanes = count_lanes(context, N);
  if (lanes < 2) {
    graph_.forward(context, {{"pictures", device_.is_cuda() ? at_one_address(context.stream, x) : x}});
    return graph_.value(output_);
  }
  make_lanes(lanes, context.stream);
  if (!features_.defined() || features_.size(0) != N)
    features_ = Tensor({N, feature_shape_.numel()}, type_, device_);
  const auto run = [&](const Context& on, Graph& graph, std::int64_t begin, std::int64_t end) {
    graph.forward(on, {{"pictures", x.rows(begin, end)}});
    copy(on.stream, graph.value(output_), features_.rows(begin, end));
  };
  const std::int64_t each = N / lanes;
  in_lanes(lanes, [&](int lane) {
    Lane& own = lanes_[static_cast<std::size_t>(lane)];
    run({.stream = own.stream}, own.graph, lane * each, (lane + 1) * each);
  });
  if (lanes * each < N) run(context, graph_, lanes * each, N);  // fewer than threads: they share each
  return features_;
}

// What a recorded pass reads, wherever the pictures of this call are.
Tensor Encoder::at_one_address(const Stream& stream, const Tensor& pictures) {
  if (!pictures_.defined() || pictures_.shape() != pictures.shape())
    pictures_ = Tensor(pictures.shape(), type_, device_);
  copy(stream, pictures, pictures_);
  return pictures_;
}

void Encoder::backward(const Context& context, const Tensor& feature_gradient) {
  graph_.backward(context, output_, feature_gradient);
}

void Encoder::reserve(const Context& context, std::int64_t N) {
  const auto pictures = [&](std::int64_t count) {
    return std::map<std::string, Spec>{
        {"pictures", {{count, config_.image_size, config_.image_size, 3}, type_}}};
  };
  const int lanes = count_lanes(context, N);
  if (lanes < 2) return graph_.reserve(context, pictures(N));
  make_lanes(lanes, context.stream);
  for (Lane& lane : lanes_) lane.graph.reserve({.stream = lane.stream}, pictures(N / lanes));
  if (N % lanes > 0) graph_.reserve(context, pictures(N % lanes));
}

}  // namespace dlcore
