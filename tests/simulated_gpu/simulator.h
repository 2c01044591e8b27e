// A GPU on the CPU, a block at a time, for kernels whose threads share memory and multiply on tensor cores:
// what they compute can be checked where there is no GPU. Threads are contexts that change where a GPU's wait
// for each other, in an order that a seed decides; asynchronous copies arrive as early or as late as they
// may. A kernel that lacks a wait then gives other numbers for other schedules.
//
// Kernel headers are compiled by the CPU's compiler: the words of CUDA are macros below, and instructions
// come from tests/simulated_gpu/kernels/cuda/instructions.h, which stands before the true one in the include
// path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#define __global__
#define __device__
#define __shared__ static  // blocks run one after the other
#define __launch_bounds__(...)

namespace dlcore::test {

struct Dimensions {
  unsigned x = 1, y = 1, z = 1;
};

/// The number of the thread that runs.
struct ThreadNumber {
  operator unsigned() const;
};
struct ThreadIndex {
  ThreadNumber x;
};

enum class Arrival { early, late };

struct Schedule {
  unsigned seed = 1;
  Arrival copies = Arrival::late;
};

/// How often the shared memory's banks, 32 of four bytes, were passed through by accesses of 16 bytes, of
/// which eight lanes' are served together; and how often, had the lanes never met in a bank.
struct Passes {
  std::size_t taken = 0, least = 0;
};
struct Traffic {
  Passes reads, copies;
};

/// kernel() by every thread of every block. Throws std::logic_error where threads wait for what never comes.
Traffic launch(Dimensions grid, int threads, const Schedule& schedule, const std::function<void()>& kernel);

// What the instructions do.
void wait_for_block();
unsigned char* memory_of_block();  // whose size a launch gives on a GPU
enum class Factor { tf32, bfloat16 };
/// A warp's c += a b, added up exactly and cut off to a float, as tensor cores may do.
void multiply_on_tensor_cores(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b_upper,
                              std::uint32_t b_lower, Factor factor);
void note_read(const void* place, std::size_t bytes);
void begin_copy(void* into, const void* from, bool valid);  // of 16 bytes
void close_copies();
void finish_copies(std::size_t open);

}  // namespace dlcore::test

inline dlcore::test::ThreadIndex threadIdx;
inline dlcore::test::Dimensions blockIdx, gridDim;

inline void __syncthreads() {
  dlcore::test::wait_for_block();
}
