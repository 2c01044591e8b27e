#include "core/shape.h"

#include "core/format.h"

namespace dlcore {

Shape::Shape(std::span<const std::int64_t> sizes) {
  require(sizes.size() <= max_rank, "a shape has at most {} dimensions, not {}", static_cast<int>(max_rank),
          sizes.size());
  constexpr std::int64_t most = std::int64_t{1} << 59;  // the bytes of so many elements still fit in int64
  std::int64_t product = 1;
  bool countable = true;
  for (const auto size : sizes) {
    require(size >= 0, "a dimension cannot be negative ({})", size);
    sizes_[static_cast<std::size_t>(rank_++)] = size;
    countable = countable && !__builtin_mul_overflow(product, size, &product) && product <= most;
  }
  require(countable, "a tensor of shape {} has too many elements", *this);
}

std::int64_t Shape::numel() const {
  std::int64_t product = 1;
  for (const auto size : sizes()) product *= size;
  return product;
}

std::int64_t Shape::rows() const {
  std::int64_t product = 1;
  for (int axis = 0; axis + 1 < rank_; ++axis) product *= (*this)[axis];
  return product;
}

std::int64_t Shape::cols() const {
  return rank_ == 0 ? 1 : (*this)[rank_ - 1];
}

Shape Shape::with_first(std::int64_t size) const {
  require(rank_ > 0 && size >= 0, "a scalar has no first dimension to set to {}", size);
  Shape result = *this;
  result.sizes_[0] = size;
  return Shape(result.sizes());
}

Shape Shape::with_last(std::int64_t size) const {
  require(rank_ > 0 && size >= 0, "a scalar has no last dimension to set to {}", size);
  Shape result = *this;
  result.sizes_[static_cast<std::size_t>(rank_ - 1)] = size;
  return Shape(result.sizes());
}

std::string to_string(const Shape& shape) {
  return to_string(shape, {});
}

std::string to_string(const Shape& shape, std::initializer_list<const char*> names) {
  std::string text = "[";
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis > 0) text += ", ";
    if (static_cast<std::size_t>(axis) < names.size()) {
      text += names.begin()[axis];
      text += '=';
    }
    text += std::to_string(shape[axis]);
  }
  return text + "]";
}

}  // namespace dlcore
