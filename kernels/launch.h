// The loop shapes of kernel bodies, besides that of elements.h. These files and their halves are the only
// ones that know that there are several compilers. A body is a lambda `[=] DLCORE_DEVICE (...) {...}` over
// indices, never over thread numbers.
//
//   for_each(stream, n, f)              f(i) for i in 0..n-1
//   for_each(stream, rows, cols, f)     f(r, c); on the CPU the inner loop over c is vectorised
//   for_each_row(stream, rows, cols, f) f(r, team): one team per row, sized for about `cols` elements of work
//   reduce_columns<S>(stream, rows, cols, map, finish)
//                                       finish(c, sums over r of map(r, c)), added in one fixed order; map
//                                       returns S, a Sums<A, K>: K sums that are taken together (nvcc cannot
//                                       tell what a device lambda returns)
//
// Calls of f are independent of each other. A team works on one row together: one warp or thread block on the
// GPU, one thread with SIMD loops on the CPU. Every member executes the statements of a row body, and every
// member must reach the same team operations:
//   team.each(n, f)     f(c) for c in 0..n-1
//   team.sum(n, f)      the sum of f(c), to every member; lanes are added in a fixed order
//   team.each_sum(n, terms, f, finish)
//                       finish(c, the sum of f(k)(c) over k in 0..terms-1, in this order) for c in 0..n-1;
//                       f(k) gives a function: what depends on k alone is done once, not for every c
//   team.max(n, f)      the largest f(c), to every member, NaN passed over; minus infinity when there is none
//   team.arg_max(n, f)  the c of the largest f(c), the smallest such c; 0 when n is 0 or all are NaN
//   team.find(n, from, f)
//                       the smallest c >= from with f(c), n where there is none
//   team.leader()       true for one member: who writes a per-row result
//   team.sync()         what members wrote before is visible to all after; needed between each() calls that
//                       read other members' elements
#pragma once

#include "kernels/numeric.h"
#ifdef __CUDACC__
#include "kernels/cuda/launch_cuda.h"
#else
#include "kernels/cpu/launch_cpu.h"
#endif
