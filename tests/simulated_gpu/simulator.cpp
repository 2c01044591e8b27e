#include "tests/simulated_gpu/simulator.h"

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

extern const char __bss_start, _end;  // of the program's variables, shared memory among them

namespace dlcore::test {
namespace {

constexpr std::size_t stack_bytes = std::size_t{1} << 17;
constexpr std::size_t warp_size = 32;

struct Copy {
  void* into;
  const void* from;
  bool valid;

  void arrive() const {
    if (valid)
      std::memcpy(into, from, 16);
    else
      std::memset(into, 0, 16);
  }
};

struct Product {
  float* c;
  std::array<std::uint32_t, 4> a;
  std::array<std::uint32_t, 2> b;
  Factor factor;
};

enum class State { ready, waits_for_block, waits_for_warp, done };

struct Thread {
  ucontext_t context{};
  std::vector<char> stack;
  State state = State::ready;
  Product product{};
  std::vector<std::vector<Copy>> groups;     // of copies on their way, the open one last
  std::vector<std::uintptr_t> read, copied;  // places in shared memory, of 16 bytes
};

struct Block {
  std::vector<Thread> threads;
  std::size_t running = 0;
  ucontext_t scheduler{};
  const std::function<void()>* kernel = nullptr;
  Arrival copies = Arrival::late;
  Traffic traffic;
};
Block block;
alignas(16) std::array<unsigned char, std::size_t{48} << 10> shared_memory;

Thread& current() {
  return block.threads[block.running];
}

void leave(State state) {
  Thread& thread = current();
  thread.state = state;
  swapcontext(&thread.context, &block.scheduler);
}

void run_thread() {
  (*block.kernel)();
  leave(State::done);
}

float of_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float cut_off(double sum) {
  const auto nearest = static_cast<float>(sum);
  return std::fabs(static_cast<double>(nearest)) > std::fabs(sum) ? std::nextafter(nearest, 0.0f) : nearest;
}

// Of m16n8k8 (TF32) and m16n8k16 (bfloat16): which numbers of the factors a lane has (PTX ISA, "Matrix
// Fragments").
void multiply(const Thread* warp) {
  const bool pairs = warp[0].product.factor == Factor::bfloat16;
  const std::size_t depth = pairs ? 16 : 8;
  double a[16][16], b[16][8];
  for (std::size_t lane = 0; lane < warp_size; ++lane) {
    const Product& product = warp[lane].product;
    const std::size_t row = lane / 4, quad = lane % 4;
    for (std::size_t i = 0; i < 4; ++i) {  // rows change first
      const std::size_t at = row + i % 2 * 8;
      if (pairs) {
        a[at][2 * quad + i / 2 * 8] = of_bits(product.a[i] << 16);
        a[at][2 * quad + i / 2 * 8 + 1] = of_bits(product.a[i] & 0xffff0000u);
      } else {
        a[at][quad + i / 2 * 4] = of_bits(product.a[i] & 0xffffe000u);
      }
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (pairs) {
        b[2 * quad + i * 8][row] = of_bits(product.b[i] << 16);
        b[2 * quad + i * 8 + 1][row] = of_bits(product.b[i] & 0xffff0000u);
      } else {
        b[quad + i * 4][row] = of_bits(product.b[i] & 0xffffe000u);
      }
    }
  }
  for (std::size_t lane = 0; lane < warp_size; ++lane)
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      double sum = warp[lane].product.c[i];
      for (std::size_t k = 0; k < depth; ++k) sum += a[row][k] * b[k][column];
      warp[lane].product.c[i] = cut_off(sum);
    }
}

/// Lets those go on that all others of their warp or block have reached; whether there are any.
bool release() {
  bool released = false;
  for (std::size_t first = 0; first < block.threads.size(); first += warp_size) {
    Thread* const warp = &block.threads[first];
    if (!std::all_of(warp, warp + warp_size,
                     [](const Thread& t) { return t.state == State::waits_for_warp; }))
      continue;
    multiply(warp);
    for (std::size_t lane = 0; lane < warp_size; ++lane) warp[lane].state = State::ready;
    released = true;
  }
  const auto at_end = [](const Thread& t) {
    return t.state == State::waits_for_block || t.state == State::done;
  };
  if (std::all_of(block.threads.begin(), block.threads.end(), at_end))
    for (Thread& thread : block.threads)
      if (thread.state == State::waits_for_block) {
        thread.state = State::ready;
        released = true;
      }
  return released;
}

/// The passes of the accesses that a warp's lanes make together: the first of each lane, the second, and so
/// on.
void count(const Thread* warp, std::vector<std::uintptr_t> Thread::*places, Passes& passes) {
  constexpr std::size_t together = 8;
  for (std::size_t access = 0, lanes = 1; lanes > 0; ++access) {
    lanes = 0;
    for (std::size_t first = 0; first < warp_size; first += together) {
      std::array<std::set<std::uintptr_t>, 32> banks;
      std::size_t most = 0;
      for (std::size_t lane = first; lane < first + together; ++lane) {
        const auto& mine = warp[lane].*places;
        if (access >= mine.size()) continue;
        ++lanes;
        for (std::uintptr_t word = 0; word < 4; ++word) {
          const std::uintptr_t number = mine[access] / 4 + word;
          auto& bank = banks[number % banks.size()];
          bank.insert(number);
          most = std::max(most, bank.size());
        }
      }
      passes.taken += most;
      passes.least += most > 0;
    }
  }
}

void prepare(Thread& thread) {
  thread.state = State::ready;
  thread.groups.assign(1, {});
  thread.read.clear();
  thread.copied.clear();
  getcontext(&thread.context);
  thread.context.uc_stack.ss_sp = thread.stack.data();
  thread.context.uc_stack.ss_size = thread.stack.size();
  thread.context.uc_link = nullptr;
  makecontext(&thread.context, run_thread, 0);
}

void run_block(std::mt19937& random) {
  std::vector<std::size_t> order(block.threads.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (Thread& thread : block.threads) prepare(thread);
  for (;;) {
    std::shuffle(order.begin(), order.end(), random);
    bool ran = false;
    for (const std::size_t number : order) {
      if (block.threads[number].state != State::ready) continue;
      ran = true;
      if (random() % 3 == 0) continue;  // others may be further by then
      block.running = number;
      swapcontext(&block.scheduler, &block.threads[number].context);
    }
    const auto done = [](const Thread& thread) { return thread.state == State::done; };
    if (std::all_of(block.threads.begin(), block.threads.end(), done)) break;
    if (!release() && !ran) throw std::logic_error("threads of a block wait for each other for ever");
  }
  for (std::size_t first = 0; first < block.threads.size(); first += warp_size) {
    count(&block.threads[first], &Thread::read, block.traffic.reads);
    count(&block.threads[first], &Thread::copied, block.traffic.copies);
  }
}

}  // namespace

ThreadNumber::operator unsigned() const {
  return static_cast<unsigned>(block.running);
}

Traffic launch(Dimensions grid, int threads, const Schedule& schedule, const std::function<void()>& kernel) {
  std::mt19937 random(schedule.seed);
  block.threads.resize(static_cast<std::size_t>(threads));
  for (Thread& thread : block.threads) thread.stack.resize(stack_bytes);
  block.kernel = &kernel;
  block.copies = schedule.copies;
  block.traffic = {};
  gridDim = grid;
  for (blockIdx.z = 0; blockIdx.z < grid.z; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y)
      for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) run_block(random);
  return block.traffic;
}

void wait_for_block() {
  leave(State::waits_for_block);
}

unsigned char* memory_of_block() {
  return shared_memory.data();
}

void multiply_on_tensor_cores(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b_upper,
                              std::uint32_t b_lower, Factor factor) {
  current().product = {c, {a[0], a[1], a[2], a[3]}, {b_upper, b_lower}, factor};
  leave(State::waits_for_warp);
}

void note_read(const void* place, std::size_t bytes) {
  const auto* const byte = static_cast<const char*>(place);
  if (bytes == 16 && byte >= &__bss_start && byte < &_end)
    current().read.push_back(reinterpret_cast<std::uintptr_t>(place));
}

void begin_copy(void* into, const void* from, bool valid) {
  const Copy copy{into, from, valid};
  current().copied.push_back(reinterpret_cast<std::uintptr_t>(into));
  if (block.copies == Arrival::early)
    copy.arrive();
  else
    current().groups.back().push_back(copy);
}

void close_copies() {
  current().groups.emplace_back();
}

void finish_copies(std::size_t open) {
  auto& groups = current().groups;
  const std::size_t closed = groups.size() - 1;
  const auto finished = static_cast<std::ptrdiff_t>(closed - std::min(closed, open));
  for (auto group = groups.begin(); group != groups.begin() + finished; ++group)
    for (const Copy& copy : *group) copy.arrive();
  groups.erase(groups.begin(), groups.begin() + finished);
}

}  // namespace dlcore::test
