// The page in a real browser: tests/serve/browser.py, where a Python with Playwright and a Chromium are.
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/serve/command_line.h"
#include "tests/serve/served.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// A shell command's exit code and what it printed.
std::pair<int, std::string> run(const std::string& command) {
  std::string output;
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

}  // namespace

TEST_CASE("serve: the page in a real browser") {
  constexpr int max_body = 300'000;
  const TemporaryDirectory training_folder;
  const std::string training = write_small_training(training_folder.path().string());
  const Served served({"--max-body", std::to_string(max_body), "--training-config", training});
  const std::string name = "photo.jpg";
  write_jpeg(served.file(name), noisy_picture(3, 200, 300));
  const auto captions = [&](const std::vector<std::string>& options) {
    std::vector<std::string> texts;
    for (const std::string& line : caption_lines(served.model(), served.file(name), options))
      texts.push_back(
          line.substr(line.find('\t') + 1, line.find('\t', line.find('\t') + 1) - line.find('\t') - 1));
    return texts;
  };
  const nlohmann::json expected{
      {"picture", name},
      {"beam", captions({"--beam", "5", "--n-best", "4", "--no-unk"})},
      {"neighbors", captions({"--beam", "5", "--n-best", "4", "--no-unk", "--neighbors", "7",
                              "--training-config", training})},
      {"greedy", captions({"--no-unk"}).front()},
      {"sampled", captions({"--sample", "--top-p", "0.9", "--n-best", "4", "--no-unk"})},
      {"large", max_body}};
  write_file_atomically(served.file("expected.json"), expected.dump());

  const char* const python = std::getenv("DLCORE_BROWSER_PYTHON");
  const auto [code, output] = run(fmt::format("{} '{}/tests/serve/browser.py' http://127.0.0.1:{}/ '{}'",
                                              python == nullptr ? "python3" : python, DLCORE_TEST_SOURCE,
                                              served.port(), served.file("")));
  if (code == 77 || code == 127) DLCORE_SKIP("the page was not tested in a browser: " + output);
  INFO(output);
  CHECK(code == 0);
  std::printf("%s", output.c_str());
}
