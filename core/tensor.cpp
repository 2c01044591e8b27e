#include "core/tensor.h"

#include <cstring>
#include <type_traits>

#include "core/allocator.h"
#include "core/backend.h"
#include "core/format.h"
#include "core/profile.h"

namespace dlcore {
namespace {

template <class F>
auto with_type(DType type, F f) {
  switch (type) {
    case DType::float32:
      return f(float{});
    case DType::float64:
      return f(double{});
    case DType::bfloat16:
      return f(bfloat16{});
    case DType::int32:
      return f(std::int32_t{});
    default:
      return f(std::int64_t{});
  }
}

template <class To, class From>
To convert_element(From value) {
  if constexpr (std::is_same_v<From, To>)
    return value;
  else if constexpr (std::is_same_v<From, bfloat16>)
    return convert_element<To>(value.to_float());
  else if constexpr (std::is_same_v<To, bfloat16>)
    return bfloat16::from_float(static_cast<float>(value));
  else
    return static_cast<To>(value);
}

}  // namespace

Tensor::Tensor(Shape shape, DType type, Device device, Allocator& source)
    : shape_(shape), type_(type), device_(device) {
  data_ = std::shared_ptr<std::byte>(static_cast<std::byte*>(source.allocate(bytes())),
                                     [&source](std::byte* block) { source.release(block); });
}

Tensor::Tensor(Shape shape, DType type, Device device) : Tensor(shape, type, device, allocator(device)) {}

Tensor Tensor::zeros(Shape shape, DType type, Device device) {
  Tensor result(shape, type, device);
  if (device.is_cuda()) {
    backend::fill_zero(device.index, result.raw(), result.bytes(), nullptr);
    backend::synchronize_device(device.index);
  } else {
    std::memset(result.raw(), 0, result.bytes());
  }
  return result;
}

Tensor Tensor::staging(Shape shape, DType type, Device device) {
  if (device.is_cpu()) return {shape, type};
  return {shape, type, Device::cpu(), staging_allocator(device)};
}

template <class T>
Tensor Tensor::from(std::span<const T> values, Shape shape, Device device) {
  require(static_cast<std::int64_t>(values.size()) == shape.numel(),
          "{} values do not fill a tensor of shape {}", values.size(), shape);
  Tensor result(shape, dtype_of<T>);
  if (!values.empty()) std::memcpy(result.raw(), values.data(), result.bytes());
  return result.to(device);
}

Tensor Tensor::view(Shape shape) const {
  require(shape.numel() == numel(), "a tensor of shape {} cannot be viewed as {}", shape_, shape);
  Tensor result = *this;
  result.shape_ = shape;
  return result;
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  require(shape_.rank() > 0 && 0 <= begin && begin <= end && end <= shape_[0],
          "rows {} to {} of a tensor of shape {}", begin, end, shape_);
  const std::int64_t row = shape_[0] == 0 ? 0 : numel() / shape_[0];
  return slice(begin * row, shape_.with_first(end - begin));
}

Tensor Tensor::slice(std::int64_t offset, Shape shape) const {
  require(offset >= 0 && offset + shape.numel() <= numel(),
          "a slice of shape {} at {} leaves a tensor of shape {}", shape, offset, shape_);
  Tensor result = *this;
  result.data_ = {data_, data_.get() + static_cast<std::size_t>(offset) * size_of(type_)};
  result.shape_ = shape;
  return result;
}

Tensor Tensor::piece(std::size_t offset, Shape shape, DType type) const {
  const std::size_t wanted = static_cast<std::size_t>(shape.numel()) * size_of(type);
  require(offset % size_of(type) == 0 && offset + wanted <= bytes(),
          "{} bytes at {} leave an arena of {} bytes", wanted, offset, bytes());
  Tensor result = *this;
  result.data_ = {data_, data_.get() + offset};
  result.shape_ = shape;
  result.type_ = type;
  return result;
}

Tensor Tensor::to(Device device) const {
  if (!defined() || device == device_) return *this;
  Tensor result(shape_, type_, device);
  const int gpu = device.is_cuda() ? device.index : device_.index;
  backend::copy(gpu, result.raw(), raw(), bytes(), nullptr);
  backend::synchronize_device(gpu);
  return result;
}

Tensor Tensor::to(DType type) const {
  if (!defined() || type == type_) return *this;
  const Tensor source = to(Device::cpu());
  Tensor result(shape_, type);
  with_type(type_, [&]<class From>(From) {
    convert(std::span<const From>(source.data<From>(), static_cast<std::size_t>(numel())), result);
  });
  return result.to(device_);
}

Tensor Tensor::clone() const {
  if (!defined()) return {};
  Tensor result(shape_, type_, device_);
  if (device_.is_cuda()) {
    backend::copy(device_.index, result.raw(), raw(), bytes(), nullptr);
    backend::synchronize_device(device_.index);
  } else if (numel() > 0) {
    std::memcpy(result.raw(), raw(), bytes());
  }
  return result;
}

void Tensor::zero(const Stream& stream) const {
  if (numel() == 0) return;
  const ProfileSpan span(Profile::Kind::kernel, "zero");
  if (span.recorded()) span.describe(0, static_cast<double>(bytes()));
  if (device_.is_cuda())
    backend::fill_zero(device_.index, raw(), bytes(), stream.native());
  else
    std::memset(raw(), 0, bytes());
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  const Tensor host = to(dtype_of<T>).to(Device::cpu());
  std::vector<T> values(static_cast<std::size_t>(numel()));
  if (!values.empty()) std::memcpy(values.data(), host.raw(), host.bytes());
  return values;
}

void Tensor::check_type(DType wanted) const {
  require(wanted == type_, "a tensor of {} was used as {}", type_, wanted);
}

template <class T>
void convert(std::span<const T> values, const Tensor& destination) {
  require(destination.device().is_cpu() && static_cast<std::int64_t>(values.size()) == destination.numel(),
          "convert: {} values do not fill {}", values.size(), destination);
  with_type(destination.dtype(), [&]<class To>(To) {
    To* into = destination.data<To>();
    for (std::size_t i = 0; i < values.size(); ++i) into[i] = convert_element<To>(values[i]);
  });
}

void copy(const Stream& stream, const Tensor& source, const Tensor& destination) {
  require(source.dtype() == destination.dtype() && source.numel() == destination.numel(),
          "copy: the source is {}, the destination {}", source, destination);
  if (source.numel() == 0) return;
  const ProfileSpan span(Profile::Kind::kernel, "copy");
  if (span.recorded()) span.describe(0, 2 * static_cast<double>(source.bytes()));
  if (source.device().is_cuda() || destination.device().is_cuda()) {
    const int gpu = source.device().is_cuda() ? source.device().index : destination.device().index;
    backend::copy(gpu, destination.raw(), source.raw(), source.bytes(), stream.native());
  } else {
    std::memcpy(destination.raw(), source.raw(), source.bytes());
  }
}

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) return "undefined tensor";
  return fmt::format("{} {} on {}", name_of(tensor.dtype()), to_string(tensor.shape()),
                     to_string(tensor.device()));
}

#define DLCORE_INSTANTIATE_ELEMENT(T)                                 \
  template Tensor Tensor::from<T>(std::span<const T>, Shape, Device); \
  template void convert<T>(std::span<const T>, const Tensor&);        \
  template std::vector<T> Tensor::to_vector<T>() const;
DLCORE_INSTANTIATE_ELEMENT(float)
DLCORE_INSTANTIATE_ELEMENT(double)
DLCORE_INSTANTIATE_ELEMENT(bfloat16)
DLCORE_INSTANTIATE_ELEMENT(std::int32_t)
DLCORE_INSTANTIATE_ELEMENT(std::int64_t)

}  // namespace dlcore
