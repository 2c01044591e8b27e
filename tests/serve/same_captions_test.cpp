// Every answer is what dlcore_caption says of the same picture with the same options, however many ask at
// once.
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "io/atomic_file.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/serve/command_line.h"
#include "tests/serve/http_client.h"
#include "tests/serve/served.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// One way of decoding, on the command line and in a query.
struct Way {
  std::vector<std::string> arguments;
  std::string query;
};

std::vector<Way> ways_with(const std::string& training) {
  return {
      {{}, ""},
      {{"--beam", "5", "--n-best", "2", "--neighbors", "6", "--training-config", training},
       "beam=5&n-best=2&neighbors=6"},
      {{"--beam", "4", "--n-best", "3"}, "beam=4&n-best=3"},
      {{"--beam", "3", "--length-penalty", "0.7", "--no-unk", "--max-length", "9"},
       "beam=3&length-penalty=0.7&no-unk&max-length=9"},
      {{"--sample", "--seed", "5", "--top-p", "0.9", "--n-best", "2"}, "sample&seed=5&top-p=0.9&n-best=2"},
  };
}

// The line that dlcore_caption --log-probs prints for a caption, from its name's tab on.
std::string line_of(const nlohmann::json& caption) {
  std::string line = fmt::format("{}\t{:.4f}\t", caption.at("caption").get<std::string>(),
                                 caption.at("score").get<double>());
  for (std::size_t t = 0; t < caption.at("words").size(); ++t)
    line += fmt::format("{}{}:{:.4f}", t == 0 ? "" : " ", caption.at("words")[t].get<std::string>(),
                        caption.at("log_probabilities")[t].get<double>());
  return line;
}

// Lines by the pictures' names.
std::map<std::string, std::string> command_line(const std::string& model, const std::string& folder,
                                                const Way& way) {
  std::vector<std::string> options = way.arguments;
  options.emplace_back("--log-probs");
  std::map<std::string, std::string> captions;
  for (const std::string& line : caption_lines(model, folder, options)) {
    const std::size_t tab = line.find('\t');
    captions[std::filesystem::path(line.substr(0, tab)).filename().string()] += line.substr(tab + 1) + "\n";
  }
  return captions;
}

}  // namespace

TEST_CASE("serve: 1,000 requests from 32 clients have the command line's captions") {
  const TemporaryDirectory training_folder;
  const std::string training = write_small_training(training_folder.path().string());
  const std::vector<Way> ways = ways_with(training);
  Served served({"--training-config", training});
  const std::string folder = served.file("pictures");
  std::filesystem::create_directory(folder);
  std::vector<std::string> names, pictures;
  for (int i = 0; i < 40; ++i) {
    const Image image = noisy_picture(i, 30 + i, 70 - i);
    names.push_back(fmt::format("p{:02}.{}", i, i % 2 == 0 ? "jpg" : "png"));
    pictures.push_back(i % 2 == 0 ? encode_jpeg(image, "") : encode_png(image, ""));
    write_file_atomically(folder + "/" + names.back(), pictures.back());
  }
  std::vector<std::map<std::string, std::string>> expected;
  std::set<std::string> different;
  for (const Way& way : ways) {
    expected.push_back(command_line(served.model(), folder, way));
    REQUIRE(expected.back().size() == pictures.size());
    for (const auto& [name, lines] : expected.back()) different.insert(lines.substr(0, lines.find('\t')));
  }
  REQUIRE(different.size() > 40);  // a mix-up of pictures or options would show

  constexpr int clients = 32, requests = 1000;
  std::atomic<int> next = 0, right = 0;
  std::mutex mutex;
  std::string wrong;  // the first answer that is
  std::vector<std::thread> threads;
  for (int c = 0; c < clients; ++c)
    threads.emplace_back([&] {
      HttpConnection connection(served.port());
      for (int r = next++; r < requests; r = next++) {
        const std::size_t picture = static_cast<std::size_t>(r * 7) % pictures.size();
        const std::size_t way = static_cast<std::size_t>(r / 3) % ways.size();
        const std::string& name = names[picture];
        connection.send(post("/caption?name=" + name + (ways[way].query.empty() ? "" : "&") + ways[way].query,
                             pictures[picture], picture % 2 == 0 ? "image/jpeg" : "image/png"));
        const HttpAnswer answer = connection.receive();
        std::string lines;
        if (answer.status == 200) {
          const auto json = answer.json();
          for (const auto& caption : json.at("captions")) lines += line_of(caption) + "\n";
        }
        if (lines == expected[way].at(name)) {
          ++right;
          continue;
        }
        const std::lock_guard guard(mutex);
        if (wrong.empty())
          wrong = fmt::format("{} {}: {} {}\nexpected {}", name, ways[way].query, answer.status,
                              lines + answer.body, expected[way].at(name));
      }
    });
  for (std::thread& thread : threads) thread.join();
  INFO(wrong);
  CHECK(right == requests);

  CHECK(served.metric("dlcore_http_requests_total{path=\"/caption\",code=\"200\"}") == requests);
  CHECK(served.metric("dlcore_caption_seconds_count") == requests);
  CHECK(served.metric("dlcore_pictures_captioned_total") == requests);
  CHECK(served.metric("dlcore_batch_pictures_sum") == requests);
  // Far fewer batches than pictures: those that came together were captioned together.
  CHECK(served.metric("dlcore_batch_pictures_count") < requests / 2.0);
  CHECK(served.metric("dlcore_batch_pictures_bucket{le=\"1\"}") <
        served.metric("dlcore_batch_pictures_count"));
  CHECK(served.metric("dlcore_queue_requests") == 0);
  served.program().signal(SIGTERM);
  const ProgramResult end = served.program().wait();
  CHECK(end.code == 0);
  CHECK(end.err.empty());
}
