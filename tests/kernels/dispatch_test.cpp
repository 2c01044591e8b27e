#include "kernels/dispatch.h"

#include "core/error.h"
#include "kernels/activation.h"
#include "kernels/elementwise.h"
#include "kernels/embedding.h"
#include "kernels/optimizer.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("the tests reach a GPU") {
  if (cuda_device_count() == 0) DLCORE_SKIP("no GPU here: only the CPU targets are tested");
  CHECK(targets().back().device() == Device::cuda());
}

TEST_CASE("the table of targets has every usable one in every floating type") {
  const std::size_t devices = usable_cpu_targets().size() + (cuda_device_count() > 0 ? 1 : 0);
  CHECK(targets().size() == 3 * devices);
}

TEST_CASE("a kernel names the argument that has another type") {
  const Stream stream;
  const Tensor x = Tensor::zeros(Shape{2, 3}, DType::float32);
  const Tensor y = Tensor::zeros(Shape{2, 3}, DType::float64);
  const Tensor index = Tensor::zeros(Shape{4}, DType::int64);
  CHECK(error_of([&] { kernels::relu_forward(stream, x, y, 6); }) ==
        "kernel relu_forward: argument 2 is float64 [2, 3] on cpu, expected float32 elements");
  CHECK(error_of([&] { kernels::axpy(stream, 1.0, x, y, 6); }) ==
        "kernel axpy: argument 3 is float64 [2, 3] on cpu, expected float32 elements");
  CHECK(error_of([&] { kernels::gather_rows(stream, x, index, x, 4, 2, 3); }) ==
        "kernel gather_rows: argument 2 is int64 [4] on cpu, expected int32 elements");
  CHECK(error_of([&] {
          kernels::clip_scale(stream, x, Tensor::zeros(Shape{1}, DType::float32), 1.0, y, y);
        }) == "kernel clip_scale: argument 2 is float32 [1] on cpu, expected float64 elements");
}

TEST_CASE("a kernel without a floating-point tensor says so") {
  const Stream stream;
  const Tensor index = Tensor::zeros(Shape{4}, DType::int32);
  const std::string says =
      "kernel relu_forward: expected a tensor of float32, float64 or bfloat16 among the arguments";
  CHECK(contains(error_of([&] { kernels::relu_forward(stream, index, index, 4); }), says));
  CHECK(contains(error_of([&] { kernels::relu_forward(stream, Tensor{}, Tensor{}, 4); }), says));
}

TEST_CASE("an undefined tensor is a null pointer, and the type comes from the next one") {
  on_every_target([](const Target& target) {
    const Tensor g = make(target, {1, 2});
    const Tensor w = make(target, {4, 8});
    kernels::add_bias(target.stream, w, g, w, 1, 2);
    kernels::epilogue(target.stream, Tensor{}, Tensor{}, true, w, 1, 2);
    CHECK(numbers(w) == std::vector<double>{5, 10});
  });
}

TEST_CASE("a kernel refuses a tensor that lives elsewhere") {
  if (cuda_device_count() == 0) DLCORE_SKIP("no GPU here: there is one device only");
  const Tensor here = Tensor::zeros(Shape{2}, DType::float32);
  const Tensor there = here.to(Device::cuda());
  CHECK(error_of([&] { kernels::relu_forward(Stream(), here, there, 2); }) ==
        "kernel relu_forward: argument 2 is float32 [2] on cuda:0, but the stream runs on cpu");
  CHECK(contains(error_of([&] { kernels::relu_forward(Stream(Device::cuda()), here, there, 2); }),
                 "argument 1 is float32 [2] on cpu, but the stream runs on cuda:0"));
}
