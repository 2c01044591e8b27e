#include "core/device.h"

#include <charconv>

#include "core/backend.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/targets.h"

namespace dlcore {

std::string to_string(Device device) {
  return device.is_cpu() ? "cpu" : "cuda:" + std::to_string(device.index);
}

int cuda_device_count() {
  static const int count = backend::device_count();
  return count;
}

std::string describe(Device device) {
  if (device.is_cpu())
    return fmt::format("{}, {}, {} thread{}", cpu_model_name(), name_of(default_cpu_target()), cpu_threads(),
                       cpu_threads() == 1 ? "" : "s");
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  backend::memory_info(device.index, free_bytes, total_bytes);
  return fmt::format("{}, {:.1f} of {:.1f} GiB free", backend::device_name(device.index),
                     static_cast<double>(free_bytes) / (1 << 30),
                     static_cast<double>(total_bytes) / (1 << 30));
}

namespace {

const char* why_no_gpu() {
#ifdef DLCORE_CUDA
  return "no usable GPU was found";
#else
  return "this build has no CUDA";
#endif
}

DeviceChoice chosen(Device device, const std::string& why) {
  return {device, fmt::format("device {}: {} ({})", to_string(device), describe(device), why)};
}

}  // namespace

DeviceChoice choose_device(std::string_view request) {
  if (request == "cpu") return chosen(Device::cpu(), "as asked");
  if (request == "auto") {
    if (cuda_device_count() > 0) return chosen(Device::cuda(), "auto: the first GPU");
    return chosen(Device::cpu(), fmt::format("auto: {}", why_no_gpu()));
  }
  if (request == "cuda" || request.starts_with("cuda:")) {
    int index = 0;
    if (request.size() > 4) {
      const auto digits = request.substr(5);
      const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
      require(status == std::errc() && end == digits.data() + digits.size() && index >= 0,
              "device '{}' is not understood: expected auto, cpu, cuda or cuda:i", request);
    }
    require(cuda_device_count() > 0, "device '{}' was asked for, but {}", request, why_no_gpu());
    require(index < cuda_device_count(), "device '{}' was asked for, but this machine has {} GPU{}", request,
            cuda_device_count(), cuda_device_count() == 1 ? "" : "s");
    return chosen(Device::cuda(index), "as asked");
  }
  fail("device '{}' is not understood: expected auto, cpu, cuda or cuda:i", request);
}

}  // namespace dlcore
