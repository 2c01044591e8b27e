// Instructions of the GPU that C++ has no words for: asynchronous copies, tensor cores, and flags between
// blocks. Everything here exists from sm_80 on.
#pragma once

#include <cstdint>

#include "kernels/numeric.h"

namespace dlcore::kernels::cuda {

__device__ inline std::uint32_t shared_address(const void* shared) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
}

/// In a kernel: the shared memory whose size a launch gives.
#define DLCORE_DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]

/// What is at a place, in one access where it is aligned to its size.
template <class Words>
__device__ inline Words words_at(const void* place) {
  return *static_cast<const Words*>(place);
}

/// 16 bytes on their way to shared memory, zeros unless `valid`; `global` must be a valid address all the
/// same. They pass the first-level cache by, which may hold what another block has overwritten.
__device__ inline void copy_async(void* shared, const void* global, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global),
               "r"(valid ? 16 : 0)
               : "memory");
}
/// Ends a group of copies of this thread.
__device__ inline void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
/// Waits for this thread's groups but the last `Open` ones.
template <int Open>
__device__ inline void await_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Open) : "memory");
}

/// 4, 8 or 16 bytes that the kernel does not write, zeros unless `valid`: no branch around an access, which
/// is free to begin early.
__device__ inline void read_if(std::uint32_t (&words)[1], const void* place, bool valid) {
  asm("{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %2, 0;\n\tmov.b32 %0, 0;\n\t@p ld.global.nc.u32 %0, [%1];\n\t}"
      : "=&r"(words[0])
      : "l"(place), "r"(static_cast<int>(valid)));
}
__device__ inline void read_if(std::uint32_t (&words)[2], const void* place, bool valid) {
  asm("{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %3, 0;\n\tmov.b32 %0, 0;\n\tmov.b32 %1, 0;\n\t"
      "@p ld.global.nc.v2.u32 {%0, %1}, [%2];\n\t}"
      : "=&r"(words[0]), "=&r"(words[1])
      : "l"(place), "r"(static_cast<int>(valid)));
}
__device__ inline void read_if(std::uint32_t (&words)[4], const void* place, bool valid) {
  asm("{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %5, 0;\n\tmov.b32 %0, 0;\n\tmov.b32 %1, 0;\n\tmov.b32 %2, 0;\n\t"
      "mov.b32 %3, 0;\n\t@p ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];\n\t}"
      : "=&r"(words[0]), "=&r"(words[1]), "=&r"(words[2]), "=&r"(words[3])
      : "l"(place), "r"(static_cast<int>(valid)));
}

/// Four 8x8 matrices of bfloat16; lane 8 i + r gives the address of row r of matrix i. Lane l gets elements
/// 2 (l % 4) and the next of row l / 4 of each.
__device__ inline void load_matrices(std::uint32_t (&fragment)[4], const bfloat16* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
               : "r"(shared_address(row))
               : "memory");
}
/// The same of the transposed matrices.
__device__ inline void load_matrices_transposed(std::uint32_t (&fragment)[4], const bfloat16* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
               : "r"(shared_address(row))
               : "memory");
}

/// c += a b of one warp on tensor cores.  a: (16, 16), b: (16, 8) bfloat16, c: (16, 8) float. Lane l has of c
/// columns 2 (l % 4) and the next in rows l / 4 and l / 4 + 8.
__device__ inline void multiply_add(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b_upper,
                                    std::uint32_t b_lower) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b_upper), "r"(b_lower));
}

/// c += a b with a: (16, 8), b: (8, 8) of TF32, floats whose last 13 bits are 0.
__device__ inline void multiply_add_tf32(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b_upper,
                                         std::uint32_t b_lower) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b_upper), "r"(b_lower));
}

/// One more arrival at a counter; whoever sees it also sees what this thread wrote before, and what others
/// of its block wrote before a __syncthreads() that both passed.
__device__ inline void signal(std::uint32_t* counter) {
  asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(counter) : "memory");
}
/// Waits until a counter that only rises has reached `arrivals`.
__device__ inline void await(const std::uint32_t* counter, std::uint32_t arrivals) {
  std::uint32_t seen = 0;
  do {
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(counter) : "memory");
  } while (seen < arrivals);
}

}  // namespace dlcore::kernels::cuda
