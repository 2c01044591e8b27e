#include "models/example_loader.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace dlcore {
namespace {

Shape rows_of(std::int64_t rows, const Shape& row) {
  std::vector<std::int64_t> sizes{rows};
  sizes.insert(sizes.end(), row.sizes().begin(), row.sizes().end());
  return Shape(std::span<const std::int64_t>(sizes));
}

}  // namespace

ExampleLoader::ExampleLoader(const ExampleSplit& split, const Shape& target_shape, const Options& options,
                             const Stream& consumer)
    : split_(split),
      options_(options),
      selected_(options.limit > 0 ? std::min(options.limit, split.count()) : split.count()),
      ahead_(static_cast<std::size_t>(std::max<std::int64_t>(options.read_ahead, 2)), consumer) {
  require(options.batch >= 1, "the batch must have at least 1 example, not {}", options.batch);
  require(batches() >= 1, "{} examples make no full batch of {}: make it smaller, or keep the last batch",
          selected_, options.batch);
  const bool classes = target_shape.rank() == 0;
  require(
      (classes ? split.labels.size() : split.values.size()) ==
          static_cast<std::size_t>(split.count() * target_shape.numel()),
      "the {} examples of {} have {} classes and {} numbers as targets, which are no targets of the shape {}",
      split.count(), split.inputs.path(), split.labels.size(), split.values.size(), to_string(target_shape));
  const std::int64_t N = std::min(options.batch, examples());
  const Shape inputs = rows_of(N, split.inputs.row_shape());
  if (options.type != DType::float32) floats_.resize(static_cast<std::size_t>(inputs.numel()));
  const auto memory = [&](auto make) {
    return Memory{.inputs = make(inputs, options.type),
                  .targets = classes ? make(Shape{N}, DType::int32)
                                     : make(rows_of(N, target_shape), arithmetic_of(options.type))};
  };
  const Device device = consumer.device();
  const auto on_host = [&](const Shape& shape, DType type) { return Tensor::staging(shape, type, device); };
  const auto on_device = [&](const Shape& shape, DType type) { return Tensor(shape, type, device); };
  for (std::size_t i = 0; i < ahead_.slots(); ++i)
    slots_.push_back({{}, memory(on_host), device.is_cuda() ? memory(on_device) : Memory{}});
  consumer.synchronize();  // queued work may still use what the allocator has given for the slots
}

std::int64_t ExampleLoader::batches() const {
  return options_.drop_last ? selected_ / options_.batch : (selected_ + options_.batch - 1) / options_.batch;
}

std::int64_t ExampleLoader::examples() const {
  return options_.drop_last ? batches() * options_.batch : selected_;
}

std::vector<std::int64_t> ExampleLoader::order_of(std::int64_t epoch) const {
  std::vector<std::int64_t> order(static_cast<std::size_t>(selected_));
  if (options_.shuffle)
    order = Random(options_.seed, static_cast<std::uint64_t>(epoch)).permutation(selected_);
  else
    std::iota(order.begin(), order.end(), 0);
  order.resize(static_cast<std::size_t>(examples()));
  return order;
}

void ExampleLoader::start(std::int64_t epoch, std::int64_t done) {
  ahead_.start(done, batches(), [this, order = order_of(epoch)](std::size_t slot, std::int64_t batch) {
    const auto begin = static_cast<std::size_t>(batch * options_.batch);
    const std::size_t count = std::min(static_cast<std::size_t>(options_.batch), order.size() - begin);
    return fill(slots_[slot], std::span(order).subspan(begin, count));
  });
}

void ExampleLoader::fill_targets(std::span<const std::int64_t> rows, const Tensor& targets) const {
  if (targets.dtype() == DType::int32) {
    std::int32_t* place = targets.data<std::int32_t>();
    for (const std::int64_t row : rows) *place++ = split_.labels[static_cast<std::size_t>(row)];
    return;
  }
  const std::int64_t size = targets.numel() / targets.size(0);
  const auto fill = [&](auto* place) {
    for (const std::int64_t row : rows) {
      std::copy_n(split_.values.begin() + row * size, size, place);
      place += size;
    }
  };
  if (targets.dtype() == DType::float64)
    fill(targets.data<double>());
  else
    fill(targets.data<float>());
}

ReadAhead::Copies ExampleLoader::fill(Slot& slot, std::span<const std::int64_t> rows) {
  ExampleBatch& batch = slot.batch;
  const auto N = static_cast<std::int64_t>(rows.size());
  batch.rows.assign(rows.begin(), rows.end());
  batch.inputs = slot.host.inputs.rows(0, N);
  batch.targets = slot.host.targets.rows(0, N);
  if (options_.type == DType::float32) {
    split_.inputs.read(rows, batch.inputs.data<float>());
  } else {
    split_.inputs.read(rows, floats_.data());
    convert<float>(std::span<const float>(floats_).first(static_cast<std::size_t>(batch.inputs.numel())),
                   batch.inputs);
  }
  fill_targets(rows, batch.targets);
  return {{&batch.inputs, slot.device.inputs}, {&batch.targets, slot.device.targets}};
}

const ExampleBatch* ExampleLoader::next() {
  const auto slot = ahead_.next();
  return slot ? &slots_[*slot].batch : nullptr;
}

}  // namespace dlcore
