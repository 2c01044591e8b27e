// Products of one block whose right operand stays in shared memory from product to product: rows (m, K)
// times weights (K, Columns), the rows streamed from global memory. For kernels/cuda/persistent_recurrent.cu.
//
// The block's eight warps divide K, and where a warp does not take all columns or rows, those; their partial
// sums meet in shared memory, where the caller adds them in order. Two kinds, of one interface:
//
//   FloatProduct      float32; a thread has 8 columns of up to 8 rows, 64 multiply-adds for 4 loads
//   Bfloat16Product   tensor cores; a warp has 32 columns of up to 32 rows
#pragma once

#include "kernels/cuda/instructions.h"
#include "kernels/cuda/packs.h"

namespace dlcore::kernels::cuda {

constexpr int product_threads = 256;
constexpr int product_warps = product_threads / 32;
constexpr int product_stages = 3;  // pieces of the rows that are in shared memory at once

/// What a product leaves in shared memory: for each of the parts of K, its sums of some rows, of which those
/// beyond the product's own are arbitrary.
struct PartialSums {
  int parts, rows;

  /// Adds the totals of four neighbouring columns of a row, the first a multiple of 4. `sums`:
  /// [part][row][Pitch]
  template <int Pitch>
  __device__ void add_to(float (&total)[4], const float* sums, int row, int column) const {
    for (int part = 0; part < parts; ++part) {
      const Pack<float> sum = pack_at(sums + (part * rows + row) * Pitch + column);
#pragma unroll
      for (int v = 0; v < 4; ++v) total[v] += sum.v[v];
    }
  }
};

/// The rows of a product in global memory, `pitch` elements apart; all are aligned to 16 bytes.
template <class T>
struct StreamedRows {
  const T* first;
  std::int64_t pitch;
  int count;
};

/// Where a product's pieces of rows lie: [stage][part of K][row], `Depth` elements of a row and a gap that
/// spreads rows over the banks.
template <class T, int Parts, int Rows, int Depth, int Gap>
struct Stage {
  static constexpr int pitch = Depth + Gap;
  static constexpr int elements = Parts * Rows * pitch;

  __device__ static const T* part(const T* stages, int stage, int part) {
    return stages + stage * elements + part * Rows * pitch;
  }

  /// Starts the copies of what comes `step`-th: from each of the parts its next `Depth` columns.
  __device__ static void fetch(T* stages, int stage, const StreamedRows<T>& rows, int K, int padded,
                               int step) {
    constexpr int pieces = Depth / Pack<T>::count;
    static_assert(Parts * Rows * pieces % product_threads == 0);
#pragma unroll
    for (int at = 0; at < Parts * Rows * pieces; at += product_threads) {
      const int i = at + static_cast<int>(threadIdx.x);
      const int piece = i % pieces, row = i / pieces % Rows, part = i / pieces / Rows;
      if (row >= rows.count) continue;
      const int k = part * (padded / Parts) + step * Depth + piece * Pack<T>::count;
      T* const into = stages + stage * elements + (part * Rows + row) * pitch + piece * Pack<T>::count;
      copy_async(into, rows.first + row * rows.pitch + (k < K ? k : 0), k < K);
    }
  }

  /// compute(stage, step) for every step, while the next steps' copies are on their way.
  template <class Compute>
  __device__ static void stream(T* stages, const StreamedRows<T>& rows, int K, int padded, Compute compute) {
    const int steps = padded / Parts / Depth;
    for (int step = 0; step < product_stages - 1; ++step) {
      if (step < steps) fetch(stages, step, rows, K, padded, step);
      commit_copies();
    }
    for (int step = 0; step < steps; ++step) {
      await_copies<product_stages - 2>();
      __syncthreads();  // everybody's copies are there, and nobody reads the stage that is filled next
      const int next = step + product_stages - 1;
      if (next < steps) fetch(stages, next % product_stages, rows, K, padded, next);
      commit_copies();
      compute(step % product_stages, step);
    }
    __syncthreads();  // the sums overwrite the stages
  }
};

/// The weights of a product as they lie in global memory: element (k, c) for c of run j = c / Run is
/// first[j * run_pitch + (c % Run) + k * pitch], or, transposed, first[c * pitch + k]. Columns from `valid`
/// of each run on count as zero.
template <class T>
struct StationaryWeights {
  const T* first;
  std::int64_t pitch, run_pitch;
  int valid;
};

template <int Columns>
class FloatProduct {
 public:
  using Element = float;
  static constexpr int most_rows = 64;  // of one product

  __host__ __device__ static int padded(int K) { return (K + 127) / 128 * 128; }
  __host__ __device__ static int weight_elements(int K) { return padded(K) * Columns; }
  static constexpr int stage_elements = product_stages * product_warps * 32 * 24;

  __device__ FloatProduct(unsigned char* shared, int K)
      : weights_(reinterpret_cast<float*>(shared)), stages_(weights_ + weight_elements(K)), K_(K) {}

  template <int Run>
  __device__ void load_weights(const StationaryWeights<float>& source) const {
    constexpr int quads = Columns / 4;
    for (int i = static_cast<int>(threadIdx.x); i < padded(K_) * quads; i += product_threads) {
      const int k = i / quads, c = i % quads * 4;
      Pack<float> piece{};
      if (k < K_ && c % Run < source.valid)
        piece = pack_at(source.first + c / Run * source.run_pitch + c % Run + k * source.pitch);
      put_pack(weights_ + place(k, c / 4), piece);
    }
  }

  __device__ void load_weights_transposed(const StationaryWeights<float>& source) const {
    const int across = padded(K_) / 4;
    for (int i = static_cast<int>(threadIdx.x); i < across * (Columns / 4); i += product_threads) {
      const int k = i % across * 4, c = i / across * 4;
      Pack<float> piece[4] = {};
#pragma unroll
      for (int v = 0; v < 4; ++v)
        if (k < K_ && c + v < source.valid) piece[v] = pack_at(source.first + (c + v) * source.pitch + k);
#pragma unroll
      for (int j = 0; j < 4; ++j)
        put_pack(weights_ + place(k + j, c / 4),
                 Pack<float>{piece[0].v[j], piece[1].v[j], piece[2].v[j], piece[3].v[j]});
    }
  }

  /// The whole block calls it; no sums of a product before may be in use any more.
  __device__ PartialSums multiply(const StreamedRows<float>& rows) const {
    if (rows.count > 48) return multiply<2, 8>(rows);
    if (rows.count > 32) return multiply<2, 6>(rows);
    if (rows.count > 16) return multiply<1, 8>(rows);
    if (rows.count > 8) return multiply<1, 4>(rows);
    return multiply<1, 2>(rows);
  }

  __device__ void add_sums(const PartialSums& sums, float (&total)[4], int row, int column) const {
    sums.add_to<pitch>(total, stages_, row, column);
  }

 private:
  // Lanes of a warp: columns, then parts of K, then four rows.
  static constexpr int column_lanes = Columns / 8;
  static constexpr int depth_lanes = 8 / column_lanes;
  static constexpr int depth = 16, pitch = Columns + 8;  // pitch of the sums

  // Where a quad of columns of row k lies. Where lanes divide K, they read rows 4 apart at the same time:
  // those then lie side by side, with quads exchanged so that all are in different banks.
  __device__ static int place(int k, int quad) {
    if constexpr (depth_lanes == 1) return k * Columns + quad * 4;
    const int lane = k / 4 % 4;
    return (k / 16 * 16 + k % 4 * 4 + lane) * Columns + (quad ^ (lane / 2 * 2)) * 4;
  }

  // Of two sums each lane of a pair keeps one and adds the other lane's part of it.
  __device__ static float gather(float lower, float upper, bool keeps_upper, int distance) {
    const float other = __shfl_xor_sync(0xffffffffu, keeps_upper ? lower : upper, distance);
    return (keeps_upper ? upper : lower) + other;
  }

  template <int RowParts, int R>
  __device__ PartialSums multiply(const StreamedRows<float>& rows) const {
    static_assert(depth_lanes == 1 || depth_lanes == 4);
    constexpr int parts = product_warps / RowParts, height = RowParts * 4 * R;
    using Stages = Stage<float, parts, height, depth, 8>;
    static_assert(product_stages * Stages::elements <= stage_elements &&
                  parts * height * pitch <= stage_elements);
    const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
    const int part = warp / RowParts;
    const int column_lane = lane % column_lanes, depth_lane = lane / column_lanes % depth_lanes;
    const int row = warp % RowParts * 4 * R + lane / 8;  // and every fourth from there
    const float* const left = weights_ + place(depth_lane * 4, column_lane);
    const float* const right = weights_ + place(depth_lane * 4, column_lane + Columns / 8);
    const int first = part * (padded(K_) / parts);
    float sum[R][8] = {};
    Stages::stream(stages_, rows, K_, padded(K_), [&](int stage, int step) {
      const float* const mine = Stages::part(stages_, stage, part) + row * Stages::pitch + depth_lane * 4;
      const int k = (first + step * depth) * Columns;
#pragma unroll
      for (int quad = 0; quad < 4 / depth_lanes; ++quad) {
        Pack<float> x[R];
#pragma unroll
        for (int i = 0; i < R; ++i) x[i] = pack_at(mine + i * 4 * Stages::pitch + quad * 4);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          const int at = k + (depth_lanes == 1 ? quad * 4 + j : j * 4) * Columns;
          const auto a = pack_at(left + at);
          const auto b = pack_at(right + at);
#pragma unroll
          for (int i = 0; i < R; ++i)
#pragma unroll
            for (int c = 0; c < 4; ++c) {
              sum[i][c] += x[i].v[j] * a.v[c];
              sum[i][4 + c] += x[i].v[j] * b.v[c];
            }
        }
      }
    });
    float* const into = stages_ + (part * height + row) * pitch + column_lane * 4;
    if constexpr (depth_lanes == 1) {
#pragma unroll
      for (int i = 0; i < R; ++i) {
        float* const sums = into + i * 4 * pitch;
        put_pack(sums, Pack<float>{sum[i][0], sum[i][1], sum[i][2], sum[i][3]});
        put_pack(sums + Columns / 2, Pack<float>{sum[i][4], sum[i][5], sum[i][6], sum[i][7]});
      }
    } else {
      // Of the four lanes with parts of the same sums each ends with the totals of two columns.
      const bool half = depth_lane % 2 != 0, pair = depth_lane / 2 != 0;
#pragma unroll
      for (int i = 0; i < R; ++i) {
        float four[4], two[2];
#pragma unroll
        for (int c = 0; c < 4; ++c) four[c] = gather(sum[i][c], sum[i][4 + c], half, column_lanes);
#pragma unroll
        for (int c = 0; c < 2; ++c) two[c] = gather(four[c], four[2 + c], pair, 2 * column_lanes);
        *reinterpret_cast<float2*>(into + i * 4 * pitch + (half ? Columns / 2 : 0) + (pair ? 2 : 0)) =
            make_float2(two[0], two[1]);
      }
    }
    __syncthreads();
    return {parts, height};
  }

  float* weights_;
  float* stages_;  // or the sums
  int K_;
};

/// Weights loaded transposed lie as they are, [column][k], else [k][column]; `Turned` says which.
template <int Columns, bool Turned>
class Bfloat16Product {
 public:
  using Element = bfloat16;
  static constexpr int most_rows = 32;

  __host__ __device__ static int padded(int K) { return (K + 255) / 256 * 256; }
  __host__ __device__ static int weight_elements(int K) {
    return Turned ? Columns * (padded(K) + gap) : padded(K) * (Columns + gap);
  }

 private:
  static constexpr int gap = 8;
  static constexpr int column_parts = Columns / 32, parts = product_warps / column_parts;
  static constexpr int depth = 256 / parts, pitch = Columns + 8;  // pitch of the sums
  template <int Tiles>
  using Stages = Stage<bfloat16, parts, 16 * Tiles, depth, gap>;

 public:
  static constexpr int stage_elements = product_stages * Stages<2>::elements;

  __device__ Bfloat16Product(unsigned char* shared, int K)
      : weights_(reinterpret_cast<bfloat16*>(shared)), stages_(weights_ + weight_elements(K)), K_(K) {}

  template <int Run>
  __device__ void load_weights(const StationaryWeights<bfloat16>& source) const {
    static_assert(!Turned);
    constexpr int pieces = Columns / 8;
    for (int i = static_cast<int>(threadIdx.x); i < padded(K_) * pieces; i += product_threads) {
      const int k = i / pieces, c = i % pieces * 8;
      Pack<bfloat16> piece{};
      if (k < K_ && c % Run < source.valid)
        piece = pack_at(source.first + c / Run * source.run_pitch + c % Run + k * source.pitch);
      put_pack(weights_ + k * (Columns + gap) + c, piece);
    }
  }

  __device__ void load_weights_transposed(const StationaryWeights<bfloat16>& source) const {
    static_assert(Turned);
    const int pieces = padded(K_) / 8;
    for (int i = static_cast<int>(threadIdx.x); i < Columns * pieces; i += product_threads) {
      const int c = i / pieces, k = i % pieces * 8;
      Pack<bfloat16> piece{};
      if (k < K_ && c < source.valid) piece = pack_at(source.first + c * source.pitch + k);
      put_pack(weights_ + c * (padded(K_) + gap) + k, piece);
    }
  }

  __device__ PartialSums multiply(const StreamedRows<bfloat16>& rows) const {
    return rows.count > 16 ? multiply<2>(rows) : multiply<1>(rows);
  }

  __device__ void add_sums(const PartialSums& sums, float (&total)[4], int row, int column) const {
    sums.add_to<pitch>(total, reinterpret_cast<const float*>(stages_), row, column);
  }

 private:
  // Two fragments of 8 columns from row k of the weights and column c on.
  __device__ void load_columns(std::uint32_t (&fragment)[4], int k, int c, int lane) const {
    if constexpr (Turned)
      load_matrices(fragment,
                    weights_ + (c + lane / 16 * 8 + lane % 8) * (padded(K_) + gap) + k + lane / 8 % 2 * 8);
    else
      load_matrices_transposed(fragment, weights_ + (k + lane % 16) * (Columns + gap) + c + lane / 16 * 8);
  }

  template <int Tiles>
  __device__ PartialSums multiply(const StreamedRows<bfloat16>& rows) const {
    static_assert(4 * parts * 16 * Tiles * pitch <= 2 * stage_elements);
    const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
    const int part = warp / column_parts, column = warp % column_parts * 32;
    const int first = part * (padded(K_) / parts);
    float sum[Tiles][4][4] = {};
    Stages<Tiles>::stream(stages_, rows, K_, padded(K_), [&](int stage, int step) {
      const bfloat16* const mine =
          Stages<Tiles>::part(stages_, stage, part) + lane % 16 * Stages<Tiles>::pitch + lane / 16 * 8;
#pragma unroll
      for (int k = 0; k < depth; k += 16) {
        std::uint32_t x[Tiles][4], w[2][4];
#pragma unroll
        for (int tile = 0; tile < Tiles; ++tile)
          load_matrices(x[tile], mine + tile * 16 * Stages<Tiles>::pitch + k);
#pragma unroll
        for (int half = 0; half < 2; ++half)
          load_columns(w[half], first + step * depth + k, column + half * 16, lane);
#pragma unroll
        for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
          for (int c = 0; c < 4; ++c)
            multiply_add(sum[tile][c], x[tile], w[c / 2][c % 2 * 2], w[c / 2][c % 2 * 2 + 1]);
      }
    });
    float* const sums = reinterpret_cast<float*>(stages_) + part * 16 * Tiles * pitch;
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int c = 0; c < 4; ++c)
#pragma unroll
        for (int half = 0; half < 2; ++half)
          *reinterpret_cast<float2*>(sums + (tile * 16 + half * 8 + lane / 4) * pitch + column + c * 8 +
                                     lane % 4 * 2) =
              make_float2(sum[tile][c][half * 2], sum[tile][c][half * 2 + 1]);
    __syncthreads();
    return {parts, 16 * Tiles};
  }

  bfloat16* weights_;
  bfloat16* stages_;  // or the sums
  int K_;
};

}  // namespace dlcore::kernels::cuda
