// In place of kernels/cuda/instructions.h where kernels run on the simulated GPU; see simulator.h.
#pragma once

#include <cstring>

#include "kernels/numeric.h"
#include "tests/simulated_gpu/simulator.h"

namespace dlcore::kernels::cuda {

#define DLCORE_DYNAMIC_SHARED(name) unsigned char* const name = dlcore::test::memory_of_block()

template <class Words>
Words words_at(const void* place) {
  test::note_read(place, sizeof(Words));
  return *static_cast<const Words*>(place);
}

inline void copy_async(void* shared, const void* global, bool valid) {
  test::begin_copy(shared, global, valid);
}
inline void commit_copies() {
  test::close_copies();
}
template <int Open>
void await_copies() {
  test::finish_copies(Open);
}

template <std::size_t N>
void read_if(std::uint32_t (&words)[N], const void* place, bool valid) {
  if (valid)
    std::memcpy(words, place, sizeof words);
  else
    std::memset(words, 0, sizeof words);
}

inline void multiply_add(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b_upper,
                         std::uint32_t b_lower) {
  test::multiply_on_tensor_cores(c, a, b_upper, b_lower, test::Factor::bfloat16);
}
inline void multiply_add_tf32(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b_upper,
                              std::uint32_t b_lower) {
  test::multiply_on_tensor_cores(c, a, b_upper, b_lower, test::Factor::tf32);
}

}  // namespace dlcore::kernels::cuda
