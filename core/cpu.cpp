#include "core/cpu.h"

#ifdef _OPENMP
#include <omp.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <future>
#include <string_view>

#include "core/error.h"
#include "core/targets.h"

namespace dlcore {
namespace {

std::vector<CpuTarget> find_usable() {
  std::vector<CpuTarget> targets{CpuTarget::plain};
#ifdef DLCORE_X86_TARGETS
  __builtin_cpu_init();
  const bool v3 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (v3) targets.push_back(CpuTarget::v3);
  if (v4) targets.push_back(CpuTarget::v4);
#endif
  return targets;
}

CpuTarget from_environment(const char* name) {
  const std::string_view wanted = name;
  for (const auto target : usable_cpu_targets()) {
    const std::string_view full = name_of(target);
    if (wanted == full || full == "x86-64-" + std::string(wanted)) return target;
  }
  std::string valid;
  for (const auto target : usable_cpu_targets())
    valid += std::string(valid.empty() ? "" : ", ") + name_of(target);
  fail("DLCORE_CPU_TARGET={} cannot be used: this processor and build offer {}", wanted, valid);
}

}  // namespace

const char* name_of(CpuTarget target) {
  switch (target) {
    case CpuTarget::v3:
      return "x86-64-v3";
    case CpuTarget::v4:
      return "x86-64-v4";
    default:
      return "plain";
  }
}

const std::vector<CpuTarget>& usable_cpu_targets() {
  static const std::vector<CpuTarget> targets = find_usable();
  return targets;
}

CpuTarget default_cpu_target() {
  static const CpuTarget target = [] {
    const char* name = std::getenv("DLCORE_CPU_TARGET");
    return name != nullptr && *name != '\0' ? from_environment(name) : usable_cpu_targets().back();
  }();
  return target;
}

std::string cpu_model_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unnamed processor";
}

int cpu_threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

void set_cpu_threads(int count) {
  require(count >= 1, "the number of threads must be at least 1, not {}", count);
#ifdef _OPENMP
  omp_set_num_threads(count);
#endif
}

void in_lanes(int lanes, const std::function<void(int)>& f) {
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(lanes));
#ifdef _OPENMP
#pragma omp parallel for schedule(static, 1) num_threads(lanes)
#endif
  for (int lane = 0; lane < lanes; ++lane) {
    set_cpu_threads(1);  // of this team's task: OpenMP forgets it where the team ends
    try {
      f(lane);
    } catch (...) {  // none may leave the team's block
      thrown[static_cast<std::size_t>(lane)] = std::current_exception();
    }
  }
  for (const std::exception_ptr& one : thrown)
    if (one != nullptr) std::rethrow_exception(one);
}

void in_threads(int count, const std::function<void(int)>& f) {
  std::vector<std::future<void>> others;
  for (int i = 1; i < count; ++i) others.push_back(std::async(std::launch::async, std::cref(f), i));
  std::exception_ptr thrown;
  const auto keep_first = [&](const auto& work) {
    try {
      work();
    } catch (...) {
      if (thrown == nullptr) thrown = std::current_exception();
    }
  };
  if (count > 0) keep_first([&] { f(0); });
  for (std::future<void>& other : others) keep_first([&] { other.get(); });
  if (thrown != nullptr) std::rethrow_exception(thrown);
}

}  // namespace dlcore
