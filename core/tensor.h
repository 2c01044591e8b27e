// A tensor: a shape, an element type and a reference to contiguous row-major memory on one device.
//
// A Tensor is a handle. Copying it, or taking a view, shares the memory; clone() copies the elements. Making
// a view allocates nothing. Data moves between devices by to() and copy() only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"
#include "core/shape.h"
#include "core/stream.h"

namespace dlcore {

class Allocator;

class Tensor {
 public:
  Tensor() = default;                                              // undefined: no memory
  Tensor(Shape shape, DType type, Device device = Device::cpu());  // uninitialised elements
  static Tensor zeros(Shape shape, DType type, Device device = Device::cpu());
  /// Uninitialised, on the host, where copies between it and `device` need nobody to wait: page-locked memory
  /// for a GPU. It must be kept until they are done (core/event.h).
  static Tensor staging(Shape shape, DType type, Device device);
  template <class T>
  static Tensor from(std::span<const T> values, Shape shape, Device device = Device::cpu());
  template <class T>
  static Tensor from(const std::vector<T>& values, Shape shape, Device device = Device::cpu()) {
    return from(std::span<const T>(values), shape, device);
  }

  bool defined() const { return data_ != nullptr; }
  const Shape& shape() const { return shape_; }
  std::int64_t size(int axis) const { return shape_[axis]; }
  std::int64_t numel() const { return shape_.numel(); }
  DType dtype() const { return type_; }
  Device device() const { return device_; }
  std::size_t bytes() const { return static_cast<std::size_t>(numel()) * size_of(type_); }
  void* raw() const { return data_.get(); }

  /// The elements, on their own device. Throws Error unless T is the element type.
  template <class T>
  T* data() const {
    check_type(dtype_of<T>);
    return static_cast<T*>(raw());
  }

  /// The same memory with another shape of as many elements.
  Tensor view(Shape shape) const;
  /// Rows [begin, end) of the first dimension.
  Tensor rows(std::int64_t begin, std::int64_t end) const;
  /// `shape.numel()` elements from element `offset` on: a piece of a flat buffer.
  Tensor slice(std::int64_t offset, Shape shape) const;
  /// Memory from byte `offset` on as another element type: a piece of an arena. The offset must suit the
  /// type.
  Tensor piece(std::size_t offset, Shape shape, DType type) const;

  Tensor to(Device device) const;  // itself where it is there already; waits for the copy
  Tensor to(DType type) const;     // converted; through the host when the tensor is on a GPU
  Tensor clone() const;
  void zero(const Stream& stream) const;

  /// The elements on the host, converted to T.
  template <class T>
  std::vector<T> to_vector() const;

 private:
  Tensor(Shape shape, DType type, Device device, Allocator& source);
  void check_type(DType wanted) const;

  std::shared_ptr<std::byte> data_;  // aliases the block that owns it
  Shape shape_;
  DType type_ = DType::float32;
  Device device_;
};

/// destination := values, converted to its type; on the host, as many elements as it has.
template <class T>
void convert(std::span<const T> values, const Tensor& destination);

/// destination := source, elements of the same type and number, in the order of `stream`, between any
/// devices. To or from ordinary host memory it is done when the call returns.
void copy(const Stream& stream, const Tensor& source, const Tensor& destination);

/// "float32 [N=32, H=512] on cpu"
std::string to_string(const Tensor& tensor);

}  // namespace dlcore
