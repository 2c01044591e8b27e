// Extents of a tensor, outermost first. At most max_rank dimensions, held inline: making one allocates
// nothing.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace dlcore {

class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;  // rank 0: a scalar
  Shape(std::initializer_list<std::int64_t> sizes)
      : Shape(std::span<const std::int64_t>(sizes.begin(), sizes.size())) {}
  explicit Shape(
      std::span<const std::int64_t> sizes);  // throws Error for a negative size or too many of them

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return sizes_[static_cast<std::size_t>(axis)]; }
  std::span<const std::int64_t> sizes() const { return {sizes_.data(), static_cast<std::size_t>(rank_)}; }

  /// Number of elements; 1 for a scalar.
  std::int64_t numel() const;
  /// Product of all sizes but the last (1 for rank <= 1), and the last size (1 for a scalar): the matrix that
  /// a row-wise operation sees.
  std::int64_t rows() const;
  std::int64_t cols() const;

  /// The same shape with another first (last) size. The rank must be at least 1.
  Shape with_first(std::int64_t size) const;
  Shape with_last(std::int64_t size) const;

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::array<std::int64_t, max_rank> sizes_{};
  int rank_ = 0;
};

/// "[32, 512]"; with names "[N=32, H=512]".
std::string to_string(const Shape& shape);
std::string to_string(const Shape& shape, std::initializer_list<const char*> names);

}  // namespace dlcore
