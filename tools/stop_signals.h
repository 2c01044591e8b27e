// The signals by which people and machines end a long run.
#pragma once

namespace dlcore {

/// While one of these exists, the first SIGINT or SIGTERM is only remembered, so that work can be brought to
/// an end; a second one ends the process at once, with the usual exit code.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that came; 0: none did.
  static int received();
  /// What a shell knows a process by that a signal has ended.
  static int exit_code(int signal) { return 128 + signal; }
};

}  // namespace dlcore
