// What every program's main does around its work.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>

namespace dlcore {

/// How OpenMP's threads wait for each other; to shorten it the program has to start itself anew, which takes
/// some 10 ms and is not worth it where the work takes no longer.
enum class Waiting : unsigned char { shortened, as_it_is };

/// Parses the command line and runs `work`. An error ends the program with one sentence on stderr,
/// "dlcore_train:
/// ...", and exit code 1; a wrong command line with CLI11's message and its exit code; --help and --version
/// with 0.
int run_tool(CLI::App& app, int argc, char** argv, const std::function<void()>& work,
             Waiting waiting = Waiting::shortened);

}  // namespace dlcore
