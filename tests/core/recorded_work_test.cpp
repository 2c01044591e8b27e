// Work that is recorded and launched in one piece, and points in a stream to wait for. On a CPU both are
// plain calls.
#include "core/recorded_work.h"

#include <stdexcept>

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

TEST_CASE("recorded work: does what the work does, whatever changes from call to call") {
  for (const Device device : devices()) {
    const Stream stream(device);
    RecordedWork recorded(stream);
    const Tensor result = Tensor::zeros({2, 8}, DType::int32, device);
    for (std::int32_t call = 0; call < 6; ++call) {
      const std::int64_t n = 1 + call % 3;  // other sizes, and every other time one piece of work more
      const Tensor values = Tensor::from(numbers_from(10 * call, n), {n}, device);
      int runs = 0;
      recorded.run([&] {
        ++runs;
        result.zero(stream);
        copy(stream, values, result.slice(0, {n}));
        if (call % 2 == 1) copy(stream, values, result.slice(8, {n}));
      });
      stream.synchronize();
      std::vector<std::int32_t> want(16, 0);
      for (std::int64_t i = 0; i < n; ++i) {
        want[static_cast<std::size_t>(i)] = 10 * call + static_cast<std::int32_t>(i);
        if (call % 2 == 1) want[static_cast<std::size_t>(8 + i)] = want[static_cast<std::size_t>(i)];
      }
      CHECK(result.to_vector<std::int32_t>() == want);
      CHECK(runs == 1);
    }
    CHECK(recorded.failures() == 0);
    CHECK(recorded.launches() == (device.is_cuda() ? 5 : 0));
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
    CHECK(recorded.launches() == 0);
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
