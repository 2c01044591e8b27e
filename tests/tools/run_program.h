// Runs dlcore's programs as child processes.
#pragma once

#include <sys/types.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/temporary_directory.h"

namespace dlcore::test {

struct ProgramResult {
  int code = -1;  // exit code; 128 + signal where it was killed
  std::string out;
  std::string err;
};

/// Where dlcore_NAME is.
std::string program_path(const std::string& name);

/// dlcore_NAME while it runs.
class ChildProgram {
 public:
  /// `out_path`: where its standard output goes in place of a file of this object.
  ChildProgram(const std::string& name, const std::vector<std::string>& arguments,
               const std::string& out_path = {});
  /// Kills it where it still runs.
  ~ChildProgram();
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  bool running();
  std::string out() const;  // what it has written so far; empty where it writes elsewhere
  void signal(int number) const;
  pid_t process() const { return child_; }
  /// Waits for its end.
  ProgramResult wait();

 private:
  const TemporaryDirectory folder_;
  const bool writes_elsewhere_;
  pid_t child_ = 0;  // 0: it has ended
  int status_ = 0;
};

/// dlcore_NAME with these arguments, to its end; `out_path`: where its standard output goes in place of
/// `out`.
ProgramResult run_program(const std::string& name, const std::vector<std::string>& arguments,
                          const std::string& out_path = {});

/// Empty when the program ended with exit code 1, and with one line on its error output: "dlcore_NAME: " and
/// a sentence that has all the parts. Else what is wrong.
std::string not_refused(const std::string& name, const ProgramResult& result,
                        const std::vector<std::string>& parts);

/// Names of the files in a folder and those below it which a failed program must not leave there: models,
/// metrics, temporary files. A folder that does not exist has none.
std::string leftovers(const std::string& folder);

}  // namespace dlcore::test
