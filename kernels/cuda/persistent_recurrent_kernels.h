// All time steps of a recurrent layer in one kernel, forward and backward.
//
// Blocks: (slices of the hidden units, groups of the batch's rows). A block keeps in shared memory, for all
// steps, the weights that give the pre-activations of its units (backward: the gradients of their hidden
// state), multiplies its rows by them step by step and applies the cell to the sums. What a step needs of the
// one before comes from the blocks of the same rows only, so these wait for each other, not for the grid:
// each adds one to their counter when its step is in global memory. Row r of the batch belongs to group r %
// groups, so that all have the same work left as sequences end.
//
// The cell state, its gradient and the gates are read back by the thread that wrote them, before it waits.
#pragma once

#include "kernels/cuda/stationary_product.h"

namespace dlcore::kernels::cuda {

constexpr int most_steps = 256;          // what a kernel's arguments have room for
constexpr int most_hidden = 4096;        // weights of more never fit
constexpr int counter_pitch = 32;        // counters of different groups are in different lines of the cache
constexpr int fewest_rows_of_group = 8;  // fewer would leave the smallest tile of a product empty

struct StepSizes {
  int count;
  int rows[most_steps];  // falling
};

/// T: float or bfloat16. gates, c: null for an RNN.
template <class T>
struct ForwardArguments {
  const T* projected;       // (rows, G H), x Wx + b; of token k row[k], or k where row is null
  const std::int32_t* row;  // (tokens)
  std::int64_t projected_rows;
  const T* weight;  // Wh: (H, G H)
  const T* h0;      // (N, H)
  T* gates;         // (tokens, G H)
  T* c;             // (tokens, H)
  T* h;             // (tokens, H), may be `projected`
  std::uint32_t* counters;
  int H;
  StepSizes steps;
};

template <class T>
struct BackwardArguments {
  const T* weight;  // Wh: (H, G H)
  const T* h0;      // (N, H)
  const T* h;       // (tokens, H)
  const T* c;       // (tokens, H), null for an RNN
  const T* dh;      // (tokens, H)
  T* da;            // (tokens, G H); an LSTM's activated gates before
  T* dc;            // (N, H), null for an RNN
  T* h_previous;    // (tokens, H)
  T* dh0;           // (N, H), rows of the first step; or null
  std::uint32_t* counters;
  std::int64_t tokens;
  int H;
  StepSizes steps;
};

/// Four neighbouring elements.
template <class T>
using Quad = Pack<T, 4>;

/// The rows of a group: `first` and every `stride`-th from there on.
struct RowGroup {
  int first, stride;

  __device__ int count(int rows) const { return rows > first ? (rows - first + stride - 1) / stride : 0; }
  __device__ std::int64_t row(int i) const { return first + std::int64_t{i} * stride; }
};

/// What a thread has of the (row, unit) of a product: four units of a row, for every `item` below `count`.
template <int Rows, int Units>
struct Share {
  static constexpr int count = Rows * Units / 4 / product_threads;
  static_assert(count * 4 * product_threads == Rows * Units);

  __device__ static int row(int item) {
    return (item * product_threads + static_cast<int>(threadIdx.x)) / (Units / 4);
  }
  __device__ static int unit() { return static_cast<int>(threadIdx.x) % (Units / 4) * 4; }
};

/// The whole block waits for the counter.
__device__ inline void await_blocks(const std::uint32_t* counter, std::uint32_t arrivals) {
  if (threadIdx.x == 0) await(counter, arrivals);
  __syncthreads();
}

/// A row of projected inputs; null for a number that names none.
template <class T>
__device__ const T* projected_row(const ForwardArguments<T>& p, std::int64_t token, int width) {
  if (p.row == nullptr) return p.projected + token * width;
  const std::int64_t wanted = p.row[token];
  return wanted < 0 || wanted >= p.projected_rows ? nullptr : p.projected + wanted * width;
}

template <class T, int Gates, int Units, class Product>
__global__ void __launch_bounds__(product_threads, 1)
    persistent_forward_kernel(const __grid_constant__ ForwardArguments<T> p) {
  DLCORE_DYNAMIC_SHARED(shared);
  using Mine = Share<Product::most_rows, Units>;
  const int H = p.H, first_unit = static_cast<int>(blockIdx.x) * Units, unit = first_unit + Mine::unit();
  const RowGroup group{static_cast<int>(blockIdx.y), static_cast<int>(gridDim.y)};
  std::uint32_t* const counter = p.counters + blockIdx.y * counter_pitch;
  const Product product(shared, H);
  product.template load_weights<Units>({p.weight + first_unit, Gates * H, H, H - first_unit});
  const T* previous = p.h0;  // hidden states of the step before
  const T* previous_c = nullptr;
  std::int64_t offset = 0;  // tokens of the steps before
  for (int t = 0; t < p.steps.count; ++t) {
    const int rows = group.count(p.steps.rows[t]);
    if (rows == 0) break;
    for (int begin = 0; begin < rows; begin += Product::most_rows) {
      const int m = rows - begin < Product::most_rows ? rows - begin : Product::most_rows;
      Quad<T> a[Mine::count][Gates], before[Mine::count] = {};
#pragma unroll
      for (int item = 0; item < Mine::count; ++item) {
        if (Mine::row(item) >= m || unit >= H) continue;
        const std::int64_t row = group.row(begin + Mine::row(item));
        const T* const from = projected_row(p, offset + row, Gates * H);
#pragma unroll
        for (int gate = 0; gate < Gates; ++gate) {
          if (from != nullptr) {
            a[item][gate] = pack_at<T, 4>(from + gate * H + unit);
          } else {
#pragma unroll
            for (int v = 0; v < 4; ++v) store(a[item][gate].v[v], __builtin_nanf(""));
          }
        }
        if (Gates > 1 && t > 0) before[item] = pack_at<T, 4>(previous_c + row * H + unit);
      }
      if (t > 0 && begin == 0) await_blocks(counter, static_cast<std::uint32_t>(t) * gridDim.x);
      const PartialSums sums =
          product.multiply({previous + group.row(begin) * H, std::int64_t{group.stride} * H, m});
#pragma unroll
      for (int item = 0; item < Mine::count; ++item) {
        if (Mine::row(item) >= m || unit >= H) continue;
        const std::int64_t token = offset + group.row(begin + Mine::row(item));
        float total[Gates][4];
#pragma unroll
        for (int gate = 0; gate < Gates; ++gate) {
#pragma unroll
          for (int v = 0; v < 4; ++v) total[gate][v] = load(a[item][gate].v[v]);
          product.add_sums(sums, total[gate], Mine::row(item), gate * Units + Mine::unit());
        }
        Quad<T> h;
        if constexpr (Gates == 1) {
#pragma unroll
          for (int v = 0; v < 4; ++v) store(h.v[v], tangent(total[0][v]));
        } else {
          Quad<T> gates[4], c;
#pragma unroll
          for (int v = 0; v < 4; ++v) {
            const float i = sigmoid(total[0][v]), f = sigmoid(total[1][v]), o = sigmoid(total[2][v]);
            const float g = tangent(total[3][v]);
            const float state = f * load(before[item].v[v]) + i * g;
            store(gates[0].v[v], i);
            store(gates[1].v[v], f);
            store(gates[2].v[v], o);
            store(gates[3].v[v], g);
            store(c.v[v], state);
            store(h.v[v], o * tangent(state));
          }
#pragma unroll
          for (int gate = 0; gate < 4; ++gate) put_pack(p.gates + (token * 4 + gate) * H + unit, gates[gate]);
          put_pack(p.c + token * H + unit, c);
        }
        put_pack(p.h + token * H + unit, h);
      }
      __syncthreads();  // the sums have been read, and the step is written
    }
    if (threadIdx.x == 0) signal(counter);
    previous = p.h + offset * H;
    if (Gates > 1) previous_c = p.c + offset * H;
    offset += p.steps.rows[t];
  }
}

/// What the backward pass of a cell reads, of four units of one row.
template <class T, int Gates>
struct CellInputs {
  Quad<T> dh, h_previous;
  Quad<T> gates[4], c, c_previous, dc;  // an LSTM's
  Quad<T> h;                            // an RNN's
};

template <class T, int Gates, int Units, class Product>
__global__ void __launch_bounds__(product_threads, 1)
    persistent_backward_kernel(const __grid_constant__ BackwardArguments<T> p) {
  DLCORE_DYNAMIC_SHARED(shared);
  using Mine = Share<Product::most_rows, Units>;
  const int H = p.H, first_unit = static_cast<int>(blockIdx.x) * Units, unit = first_unit + Mine::unit();
  const int width = Gates * H;
  const RowGroup group{static_cast<int>(blockIdx.y), static_cast<int>(gridDim.y)};
  std::uint32_t* const counter = p.counters + blockIdx.y * counter_pitch;
  const Product product(shared, width);
  product.load_weights_transposed({p.weight + std::int64_t{first_unit} * width, width, 0, H - first_unit});
  std::uint32_t arrivals = 0;
  int rows_next = 0;                           // of this group in the step that follows
  std::int64_t offset = p.tokens;              // first token of that step
  const int last = p.dh0 == nullptr ? 0 : -1;  // "step" -1 only takes the gradient of h0
  for (int t = p.steps.count - 1; t >= last; --t) {
    const int size = p.steps.rows[t < 0 ? 0 : t];
    const int rows = group.count(size);
    const T* const da_next = p.da + offset * width;
    offset -= t < 0 ? 0 : size;
    const std::int64_t offset_previous = t > 0 ? offset - p.steps.rows[t - 1] : 0;
    for (int begin = 0; begin < rows; begin += Product::most_rows) {
      const int m = rows - begin < Product::most_rows ? rows - begin : Product::most_rows;
      const int m_next = rows_next - begin < m ? rows_next - begin : m;  // may be negative
      CellInputs<T, Gates> in[Mine::count] = {};
#pragma unroll
      for (int item = 0; item < Mine::count; ++item) {
        if (Mine::row(item) >= m || unit >= H || t < 0) continue;
        const std::int64_t row = group.row(begin + Mine::row(item)), at = (offset + row) * H + unit;
        const std::int64_t at_previous = (offset_previous + row) * H + unit;
        in[item].dh = pack_at<T, 4>(p.dh + at);
        in[item].h_previous = pack_at<T, 4>((t > 0 ? p.h : p.h0) + at_previous);
        if constexpr (Gates == 1) {
          in[item].h = pack_at<T, 4>(p.h + at);
        } else {
#pragma unroll
          for (int gate = 0; gate < 4; ++gate)
            in[item].gates[gate] = pack_at<T, 4>(p.da + ((offset + row) * 4 + gate) * H + unit);
          in[item].c = pack_at<T, 4>(p.c + at);
          if (t > 0) in[item].c_previous = pack_at<T, 4>(p.c + at_previous);
          if (Mine::row(item) < m_next) in[item].dc = pack_at<T, 4>(p.dc + row * H + unit);
        }
      }
      PartialSums sums{};
      if (m_next > 0) {
        if (begin == 0) await_blocks(counter, arrivals);
        sums = product.multiply(
            {da_next + group.row(begin) * width, std::int64_t{group.stride} * width, m_next});
      }
#pragma unroll
      for (int item = 0; item < Mine::count; ++item) {
        if (Mine::row(item) >= m || unit >= H) continue;
        const std::int64_t row = group.row(begin + Mine::row(item)), at = (offset + row) * H + unit;
        float later[4] = {};
        if (Mine::row(item) < m_next) product.add_sums(sums, later, Mine::row(item), Mine::unit());
        if (t < 0) {
          Quad<T> dh0;
#pragma unroll
          for (int v = 0; v < 4; ++v) store(dh0.v[v], later[v]);
          put_pack(p.dh0 + row * H + unit, dh0);
          continue;
        }
        const CellInputs<T, Gates>& x = in[item];
        put_pack(p.h_previous + at, x.h_previous);
        if constexpr (Gates == 1) {
          Quad<T> da;
#pragma unroll
          for (int v = 0; v < 4; ++v) {
            const float h = load(x.h.v[v]);
            store(da.v[v], (load(x.dh.v[v]) + later[v]) * (1.0f - h * h));
          }
          put_pack(p.da + at, da);
        } else {
          Quad<T> da[4], dc;
#pragma unroll
          for (int v = 0; v < 4; ++v) {
            const float i = load(x.gates[0].v[v]), f = load(x.gates[1].v[v]), o = load(x.gates[2].v[v]);
            const float g = load(x.gates[3].v[v]), squashed = tangent(load(x.c.v[v]));
            const float d = load(x.dh.v[v]) + later[v];
            const float e = load(x.dc.v[v]) + d * o * (1.0f - squashed * squashed);
            store(da[0].v[v], e * g * i * (1.0f - i));
            store(da[1].v[v], e * load(x.c_previous.v[v]) * f * (1.0f - f));
            store(da[2].v[v], d * squashed * o * (1.0f - o));
            store(da[3].v[v], e * i * (1.0f - g * g));
            store(dc.v[v], e * f);
          }
#pragma unroll
          for (int gate = 0; gate < 4; ++gate)
            put_pack(p.da + ((offset + row) * 4 + gate) * H + unit, da[gate]);
          put_pack(p.dc + row * H + unit, dc);
        }
      }
      __syncthreads();  // the sums have been read, and the step is written
    }
    rows_next = rows;
    if (rows == 0 || t < 0) continue;
    if (threadIdx.x == 0) signal(counter);
    arrivals += gridDim.x;
  }
}

/// Which units a block has, and how it multiplies.
template <class T, int Gates>
struct Persistent;
template <>
struct Persistent<float, 1> {
  static constexpr int units = 64;
  using Forward = FloatProduct<64>;
  using Backward = FloatProduct<64>;
};
template <>
struct Persistent<float, 4> {
  static constexpr int units = 16;
  using Forward = FloatProduct<64>;
  using Backward = FloatProduct<16>;
};
template <>
struct Persistent<bfloat16, 1> {
  static constexpr int units = 64;
  using Forward = Bfloat16Product<64, false>;
  using Backward = Bfloat16Product<64, true>;
};
template <>
struct Persistent<bfloat16, 4> {
  static constexpr int units = 32;
  using Forward = Bfloat16Product<128, false>;
  using Backward = Bfloat16Product<32, true>;
};

}  // namespace dlcore::kernels::cuda
