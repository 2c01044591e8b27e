// The instruction sets that CPU kernels are compiled for, and the choice among them at start-up.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace dlcore {

/// plain: whatever the compiler's default is (SSE2 on x86-64); v3: AVX2 + FMA; v4: AVX-512 F, BW, CD, DQ, VL.
enum class CpuTarget : unsigned char { plain, v3, v4 };

const char* name_of(CpuTarget target);  // "plain", "x86-64-v3", "x86-64-v4"

/// The targets that were compiled in and that this processor can run, slowest first; never empty.
const std::vector<CpuTarget>& usable_cpu_targets();

/// The best of usable_cpu_targets(), or the one that the environment variable DLCORE_CPU_TARGET names (plain,
/// v3, v4). Throws Error where that names one which cannot be used.
CpuTarget default_cpu_target();

std::string cpu_model_name();
int cpu_threads();                // threads that kernels use: OpenMP's setting
void set_cpu_threads(int count);  // at least 1

/// f(0), ..., f(lanes - 1), each in a thread of its own as far as OpenMP gives them, in which kernels use one
/// thread. Returns when all have ended; throws what the first of them threw, if any did.
void in_lanes(int lanes, const std::function<void(int)>& f);

/// f(0), ..., f(count - 1), each in a thread that ends with it, for work without kernels: OpenMP's threads
/// stay and spin for more work, which costs a short program more than it gains. Returns when all have ended;
/// throws what the first of them threw, if any did.
void in_threads(int count, const std::function<void(int)>& f);

}  // namespace dlcore
