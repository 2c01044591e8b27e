// Work that is recorded and launched in one piece, and points in a stream to wait for. On a CPU both are
// plain calls.
#include "core/recorded_work.h"

#include <stdexcept>

#include "core/allocator.h"
#include "core/event.h"
#include "core/tensor.h"
#include "tests/catch.h"

using namespace dlcore;

namespace {

std::vector<Device> devices() {
  std::vector<Device> list{Device::cpu()};
  if (cuda_device_count() > 0) list.push_back(Device::cuda());
  return list;
}

std::vector<std::int32_t> numbers_from(std::int32_t first, std::int64_t n) {
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < n; ++i) values.push_back(first + static_cast<std::int32_t>(i));
  return values;
}

}  // namespace

TEST_CASE("recorded work: does again what it did, with the values that are there then") {
  for (const Device device : devices()) {
    const Stream stream(device);
    RecordedWork recorded(stream);
    const Tensor source = Tensor::zeros({8}, DType::int32, device);
    const Tensor result = Tensor::zeros({2, 8}, DType::int32, device);
    int runs = 0;
    for (std::int32_t call = 0; call < 6; ++call) {
      const auto values = numbers_from(10 * call, 8);
      copy(stream, Tensor::from(values, {8}, device), source);
      result.zero(stream);
      recorded.run([&] {
        ++runs;
        copy(stream, source, result.slice(0, {8}));
        copy(stream, source, result.slice(8, {8}));
      });
      stream.synchronize();
      std::vector<std::int32_t> want = values;
      want.insert(want.end(), values.begin(), values.end());
      CHECK(result.to_vector<std::int32_t>() == want);
    }
    CHECK(recorded.recorded() == device.is_cuda());
    CHECK(runs == (device.is_cuda() ? 2 : 6));
  }
}

TEST_CASE("recorded work: scratch memory that it uses stays when later work needs more") {
  for (const Device device : devices()) {
    const Stream stream(device);
    RecordedWork recorded(stream);
    const Tensor source = Tensor::from(numbers_from(3, 4), {4}, device), result({4}, DType::int32, device);
    void* first = nullptr;
    for (int call = 0; call < 3; ++call)
      recorded.run([&] {
        first = stream.workspace(64);
        copy(stream, source, result);
      });
    const auto in_use = allocator(device).statistics().in_use;
    CHECK(stream.workspace(1 << 20) != first);
    CHECK(allocator(device).statistics().in_use >= in_use + (device.is_cuda() ? 1 << 20 : 0));
    CHECK(result.to_vector<std::int32_t>() == numbers_from(3, 4));
  }
}

TEST_CASE("recorded work: what cannot be recorded runs all the same") {
  for (const Device device : devices()) {
    const Stream stream(device);
    RecordedWork recorded(stream);
    const Tensor source = Tensor::from(numbers_from(5, 4), {4}, device);
    const Tensor result = Tensor::zeros({4}, DType::int32, device);
    for (int call = 0; call < 3; ++call) {
      result.zero(stream);
      recorded.run([&] {
        copy(stream, source, result);
        stream.synchronize();
      });
      CHECK(result.to_vector<std::int32_t>() == numbers_from(5, 4));
    }
    CHECK_FALSE(recorded.recorded());
    CHECK_THROWS_AS(recorded.run([] { throw std::runtime_error("the work's own"); }), std::runtime_error);
  }
}

TEST_CASE("events: a stream that was held, and the host, see what another one was given before") {
  for (const Device device : devices()) {
    const Stream first(device), second(device);
    const Event done(device);
    done.hold(second);  // nothing was recorded yet
    const Tensor source = Tensor::from(numbers_from(0, 1000), {1000}, device);
    const Tensor between(source.shape(), DType::int32, device);
    const Tensor result = Tensor::staging(source.shape(), DType::int32, device);
    copy(first, source, between);
    done.record(first);
    done.hold(second);
    copy(second, between, result);
    done.record(second);
    done.synchronize();
    CHECK(result.device() == Device::cpu());
    CHECK(result.to_vector<std::int32_t>() == numbers_from(0, 1000));
  }
}
