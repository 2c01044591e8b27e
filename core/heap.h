// The C library's heap.
#pragma once

namespace dlcore {

/// Gives the system back the pages of the heap that nothing is in. Of its own accord glibc does so at the
/// heap's end alone: what a long run makes and drops, primitives of ever new sizes above all, leaves holes
/// between what stays, a few kilobytes more each epoch. Takes half a millisecond for 100 MB; elsewhere than
/// with glibc it does nothing.
void trim_heap() noexcept;

}  // namespace dlcore
