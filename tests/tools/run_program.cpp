#include "tests/tools/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace dlcore::test {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string program_path(const std::string& name) {
  return std::string(DLCORE_TEST_BIN) + "/dlcore_" + name;
}

ChildProgram::ChildProgram(const std::string& name, const std::vector<std::string>& arguments,
                           const std::string& out_path)
    : writes_elsewhere_(!out_path.empty()) {
  const std::string out = writes_elsewhere_ ? out_path : folder_.file("out"), err = folder_.file("err");
  std::string program = program_path(name);
  std::vector<std::string> texts = arguments;
  std::vector<char*> argv{program.data()};
  for (auto& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);
  const int failure = posix_spawn(&child_, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error("cannot run " + program);
}

ChildProgram::~ChildProgram() {
  if (!running()) return;
  signal(SIGKILL);
  wait();
}

bool ChildProgram::running() {
  if (child_ != 0 && waitpid(child_, &status_, WNOHANG) == child_) child_ = 0;
  return child_ != 0;
}

std::string ChildProgram::out() const {
  // Elsewhere may be a device that can be read for ever.
  return writes_elsewhere_ ? "" : contents(folder_.file("out"));
}

void ChildProgram::signal(int number) const {
  kill(child_, number);
}

ProgramResult ChildProgram::wait() {
  while (child_ != 0)
    if (waitpid(child_, &status_, 0) == child_) child_ = 0;
  return {WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_), out(),
          contents(folder_.file("err"))};
}

ProgramResult run_program(const std::string& name, const std::vector<std::string>& arguments,
                          const std::string& out_path) {
  return ChildProgram(name, arguments, out_path).wait();
}

std::string not_refused(const std::string& name, const ProgramResult& result,
                        const std::vector<std::string>& parts) {
  const std::string& text = result.err;
  if (result.code != 1) return "exit code " + std::to_string(result.code) + ", error output: " + text;
  if (!text.starts_with("dlcore_" + name + ": ")) return "does not say which program: " + text;
  if (std::count(text.begin(), text.end(), '\n') != 1 || text.back() != '\n') return "not one line: " + text;
  for (const auto& part : parts)
    if (text.find(part) == std::string::npos) return "no \"" + part + "\" in: " + text;
  return "";
}

std::string leftovers(const std::string& folder) {
  std::string found;
  if (!std::filesystem::is_directory(folder)) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "metrics.csv" || name == "model.safetensors" || name.ends_with(".tmp") ||
        name == "captions.json")
      found += name + " ";
  }
  return found;
}

}  // namespace dlcore::test
