#include "tests/serve/served.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "core/random.h"
#include "tests/serve/http_client.h"

namespace dlcore::test {
namespace {

std::vector<std::string> arguments_of(const std::string& model, const std::vector<std::string>& options) {
  write_small_model(model);
  std::vector<std::string> arguments{model, "--port", "0", "--device", "cpu"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

}  // namespace

Image noisy_picture(int number, std::int64_t height, std::int64_t width) {
  Random random(static_cast<std::uint64_t>(number));
  std::uint64_t colour[3];
  for (auto& part : colour) part = random.below(200);
  Image image{height, width, {}};
  for (std::int64_t k = 0; k < height * width * 3; ++k)
    image.pixels.push_back(static_cast<std::uint8_t>(colour[k % 3] + random.below(50)));
  return image;
}

Served::Served(const std::vector<std::string>& options)
    : program_("serve", arguments_of(folder_.file("model.safetensors"), options)) {
  const std::string before = "http://127.0.0.1:";
  while (program_.running()) {
    const std::string out = program_.out();
    const std::size_t place = out.find(before);
    if (place != std::string::npos && out.back() == '\n') {
      port_ = static_cast<std::uint16_t>(std::stoi(out.substr(place + before.size())));
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw std::runtime_error("dlcore_serve did not start: " + program_.wait().err);
}

double Served::metric(const std::string& sample) const {
  const std::string text = ask(port_, get("/metrics")).body;
  const std::size_t place = text.find("\n" + sample + " ");
  return place == std::string::npos ? 0 : std::stod(text.substr(place + sample.size() + 2));
}

}  // namespace dlcore::test
