#include "tests/simulated_gpu/simulator.h"

#include <array>
#include <bit>
#include <stdexcept>
#include <vector>

#include "kernels/cuda/instructions.h"
#include "tests/catch.h"

using namespace dlcore::test;
namespace cuda = dlcore::kernels::cuda;

namespace {

constexpr int threads = 64;

/// Every thread hands its number to its neighbour.
std::vector<int> neighbours(bool waits, unsigned seed) {
  std::vector<int> got(threads);
  launch({}, threads, {seed, Arrival::late}, [&] {
    static std::array<int, threads> shared;
    const auto thread = static_cast<std::size_t>(threadIdx.x);
    shared[thread] = -1;
    __syncthreads();
    shared[thread] = static_cast<int>(thread);
    if (waits) __syncthreads();
    got[thread] = shared[(thread + 1) % threads];
  });
  return got;
}

}  // namespace

TEST_CASE("the simulated GPU shows where a wait is missing") {
  std::vector<int> want(threads);
  for (int i = 0; i < threads; ++i) want[static_cast<std::size_t>(i)] = (i + 1) % threads;
  for (const unsigned seed : {1u, 2u, 3u}) {
    CHECK(neighbours(true, seed) == want);
    CHECK(neighbours(false, seed) != want);
  }
}

TEST_CASE("the simulated GPU's copies arrive when they are waited for") {
  alignas(16) static std::array<float, 8> from = {1, 2, 3, 4, 5, 6, 7, 8};
  for (const Arrival arrival : {Arrival::early, Arrival::late}) {
    alignas(16) static std::array<float, 8> into;
    into.fill(-1);
    float before = 0;
    launch({}, 32, {1, arrival}, [&] {
      if (threadIdx.x != 0) return;
      cuda::copy_async(&into[0], &from[0], true);
      cuda::commit_copies();
      cuda::copy_async(&into[4], &from[4], false);
      cuda::commit_copies();
      before = into[0];
      cuda::await_copies<1>();
    });
    CHECK(before == (arrival == Arrival::early ? 1 : -1));
    CHECK(into[3] == 4);
    CHECK(into[4] == (arrival == Arrival::early ? 0 : -1));  // one group was left open
  }
}

TEST_CASE("the simulated GPU's tensor cores multiply") {
  // a: row r, column k holds r + 16 k; b: the unit matrix; TF32 has 11 bits of a number.
  std::array<std::array<float, 4>, 32> c{};
  launch({}, 32, {}, [&] {
    const int lane = static_cast<int>(threadIdx.x), row = lane / 4, quad = lane % 4;
    const auto bits = [](int number) { return std::bit_cast<std::uint32_t>(static_cast<float>(number)); };
    const std::uint32_t a[4] = {bits(row + 16 * quad), bits(row + 8 + 16 * quad), bits(row + 16 * (quad + 4)),
                                bits(row + 8 + 16 * (quad + 4))};
    float mine[4] = {1, 2, 3, 4};
    cuda::multiply_add_tf32(mine, a, bits(row == quad), bits(row == quad + 4));
    for (std::size_t i = 0; i < 4; ++i) c[static_cast<std::size_t>(lane)][i] = mine[i];
  });
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      CHECK(c[static_cast<std::size_t>(lane)][static_cast<std::size_t>(i)] ==
            static_cast<float>(row + 16 * column + i + 1));
    }
}

TEST_CASE("the simulated GPU counts how often lanes meet in a bank") {
  alignas(16) static std::array<float, 32 * 32> shared;
  const auto reads = [](std::size_t pitch) {  // of four numbers by each lane
    return launch({2}, 32, {},
                  [&] {
                    (void)cuda::words_at<std::array<float, 4>>(
                        &shared[static_cast<std::size_t>(threadIdx.x) * pitch]);
                  })
        .reads;
  };
  CHECK(reads(4).taken == 8);  // four for each of two blocks
  CHECK(reads(4).least == 8);
  CHECK(reads(0).taken == 8);  // of one place
  CHECK(reads(16).taken == 32);
  CHECK(reads(32).taken == 64);
  CHECK(reads(32).least == 8);
  alignas(16) static std::array<float, 4> from;
  const auto copies = launch({}, 32, {}, [&] {
                        const auto lane = static_cast<std::size_t>(threadIdx.x);
                        if (lane < 16) cuda::copy_async(&shared[lane * 8], from.data(), true);
                      }).copies;
  CHECK(copies.taken == 4);
  CHECK(copies.least == 2);
}

TEST_CASE("the simulated GPU says that a wait does not end") {
  CHECK_THROWS_AS(launch({}, 32, {},
                         [] {
                           float c[4] = {};
                           if (threadIdx.x != 5) cuda::multiply_add_tf32(c, {0, 0, 0, 0}, 0, 0);
                         }),
                  std::logic_error);
}
