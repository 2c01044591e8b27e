// Where data lives and work runs.
#pragma once

#include <string>
#include <string_view>

namespace dlcore {

struct Device {
  enum class Kind : unsigned char { cpu, cuda };

  Kind kind = Kind::cpu;
  int index = 0;  // of the GPU; 0 for the CPU

  static Device cpu() { return {}; }
  static Device cuda(int index = 0) { return {Kind::cuda, index}; }

  bool is_cpu() const { return kind == Kind::cpu; }
  bool is_cuda() const { return kind == Kind::cuda; }
  friend bool operator==(const Device&, const Device&) = default;
};

std::string to_string(Device device);  // "cpu", "cuda:0"

/// GPUs that this build and this machine can use; 0 without the CUDA toolkit, a driver or a card.
int cuda_device_count();

/// What a person asked for, resolved: the device, and in one sentence which and why.
struct DeviceChoice {
  Device device;
  std::string reason;  // "device cpu: AMD EPYC, x86-64-v4, 2 threads (auto: no usable GPU was found)"
};

/// Resolves "auto", "cpu", "cuda" or "cuda:i". "auto" takes the first GPU, else the CPU. Asking for a GPU
/// that is absent throws Error: there is no silent fallback.
DeviceChoice choose_device(std::string_view request);

/// The processor's name and the instruction set that its kernels use, or the GPU's name and memory.
std::string describe(Device device);

}  // namespace dlcore
