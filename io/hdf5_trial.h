// Calls of the HDF5 library, tried in a process of their own first. Internal to io.
//
// The C library checks little of what describes the data: a file made to break it can crash it, make it loop,
// or let it overwrite memory, and each version has its own such places. What it then does depends on all that
// it did before. So a child of this process, a copy of it as it is, makes a call first: what dies there harms
// nobody, and what ends well there ends well here.
#pragma once

#include <functional>
#include <string>

namespace dlcore {

/// Makes the call in a child. Error, which says that the file is damaged, when the child died of it or was at
/// it for 10 s of processor time, and one more for each 10 MB of the file; or that the child was killed, as
/// where memory is short; an exception in the child is none. To be called under Hdf5Lock.
void try_in_child(const std::string& path, const std::function<void()>& call);

/// Whether this is such a child, or the call that was tried: what it calls needs no trial of its own.
bool within_trial();

class TriedCall {
 public:
  TriedCall();
  ~TriedCall();
  TriedCall(const TriedCall&) = delete;
  TriedCall& operator=(const TriedCall&) = delete;
};

/// The call's result, after its trial.
template <class Call>
auto tried(const std::string& path, Call call) {
  if (within_trial()) return call();
  try_in_child(path, [&call] { call(); });
  const TriedCall here;
  return call();
}

}  // namespace dlcore
