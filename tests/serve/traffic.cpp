#include "tests/serve/traffic.h"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "io/atomic_file.h"
#include "io/image_write.h"
#include "tests/serve/served.h"

namespace dlcore::test {
namespace {

constexpr std::size_t most_idle = 40;

// Decoding, as a query.
const std::string ways[] = {"",
                            "beam=4&n-best=3",
                            "beam=3&length-penalty=0.7&no-unk&max-length=9",
                            "sample&seed=5&top-p=0.9&n-best=2",
                            "beam=4&groups=2&diversity=0.5",
                            "max-length=40&no-repeat-ngram=2"};

// Small and large ones, and all that the golden ones are: gray, CMYK, progressive, interlaced.
std::vector<std::string> all_pictures() {
  std::vector<std::string> pictures;
  for (int i = 0; i < 8; ++i) {
    const Image image = noisy_picture(i, 30 + 40 * i, 320 - 30 * i);
    pictures.push_back(i % 2 == 0 ? encode_jpeg(image, "") : encode_png(image, ""));
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(DLCORE_TEST_GOLDEN "/images"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) pictures.push_back(read_file(file.string()));
  return pictures;
}

template <class List>
const auto& one_of(const List& list, Random& random) {
  return list[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(std::size(list))))];
}

std::size_t place_in(const std::string& text, Random& random) {
  return static_cast<std::size_t>(random.below(std::ssize(text)));
}

}  // namespace

struct Traffic::Kind {
  const char* name;
  int weight;  // of all weights
  void (Traffic::*exchange)(Random&);
};

const std::vector<Traffic::Kind>& Traffic::table() {
  static const std::vector<Kind> kinds{{"right", 30, &Traffic::right},
                                       {"right, in chunks", 5, &Traffic::chunked},
                                       {"right, as a form", 5, &Traffic::form},
                                       {"right, slow", 10, &Traffic::slow},
                                       {"right, several at once", 5, &Traffic::pipelined},
                                       {"right, half-closed", 5, &Traffic::half_closed},
                                       {"half-closed too early", 5, &Traffic::half_closed_early},
                                       {"gone", 10, &Traffic::gone},
                                       {"answers not read", 1, &Traffic::never_read},
                                       {"idle", 5, &Traffic::idle},
                                       {"other paths", 5, &Traffic::other_paths},
                                       {"broken HTTP", 15, &Traffic::broken_http},
                                       {"broken picture", 5, &Traffic::broken_picture},
                                       {"wrong options", 5, &Traffic::wrong_options},
                                       {"too large", 1, &Traffic::too_large},
                                       {"garbage", 8, &Traffic::not_http}};
  return kinds;
}

Traffic::Traffic(std::uint16_t port, std::size_t max_body)
    : port_(port),
      max_body_(max_body),
      pictures_(all_pictures()),
      broken_(broken_requests(pictures_.front())) {
  for (std::size_t i = 0; i < pictures_.size(); ++i)
    for (std::size_t way = i % 2; way < std::size(ways); way += 2) {
      const std::string request = post(
          fmt::format("/caption?name=p{}{}{}", i, ways[way].empty() ? "" : "&", ways[way]), pictures_[i]);
      const HttpAnswer answer = noted("/caption", ask(port_, request));
      expect(answer.status == 200, "a picture by itself", answer);
      if (answer.status == 200) rights_.push_back({request, answer.json().at("captions")});
    }
}

void Traffic::run(std::int64_t first, std::int64_t count, int clients) {
  std::atomic<std::int64_t> next = first;
  std::vector<std::thread> threads;
  for (int c = 0; c < clients; ++c)
    threads.emplace_back([&] {
      for (std::int64_t number = next++; number < first + count; number = next++) exchange(number);
    });
  for (std::thread& thread : threads) thread.join();
}

void Traffic::exchange(std::int64_t number) {
  Random random(static_cast<std::uint64_t>(number));
  int weights = 0;
  for (const Kind& kind : table()) weights += kind.weight;
  std::int64_t drawn = random.below(weights);
  const Kind* chosen = table().data();
  while (drawn >= chosen->weight) drawn -= (chosen++)->weight;
  (this->*chosen->exchange)(random);
  const std::lock_guard guard(mutex_);
  ++kinds_[chosen->name];
}

void Traffic::check_health() {
  const HttpAnswer answer = noted("/healthz", ask(port_, get("/healthz")));
  expect(answer.status == 200, "/healthz", answer);
}

void Traffic::close_idle() {
  const std::lock_guard guard(mutex_);
  idle_.clear();
}

// What the server's own code answers has its headers; the library refuses what is no HTTP without asking it.
HttpAnswer Traffic::noted(const std::string& path, HttpAnswer answer) {
  if (answer.headers.contains("content-security-policy")) {
    const std::lock_guard guard(mutex_);
    ++answers_[{path, answer.status}];
  }
  return answer;
}

void Traffic::expect(bool right, const std::string& what, const HttpAnswer& answer) {
  if (right) return;
  const std::lock_guard guard(mutex_);
  if (wrong_.size() < 100)
    wrong_.push_back(fmt::format("{}: {} {}", what, answer.status, answer.body.substr(0, 300)));
}

void Traffic::expect_captions(const Right& right, HttpAnswer answer) {
  answer = noted("/caption", std::move(answer));
  const bool same = answer.status == 200 && answer.json().at("captions") == right.captions;
  expect(same, right.request.substr(0, right.request.find('\r')), answer);
}

void Traffic::expect_end(HttpConnection& connection, const std::string& what) {
  expect(connection.ended(), "the connection is not ended: " + what);
}

void Traffic::leave(const std::string& path, std::int64_t requests) {
  const std::lock_guard guard(mutex_);
  left_[path] += requests;
}

void Traffic::keep(std::unique_ptr<HttpConnection> connection) {
  const std::lock_guard guard(mutex_);
  idle_.push_back(std::move(connection));
  if (idle_.size() > most_idle) idle_.pop_front();
}

const Traffic::Right& Traffic::any(Random& random) const {
  return one_of(rights_, random);
}

void Traffic::right(Random& random) {
  HttpConnection connection(port_);
  for (std::int64_t i = random.below(3); i >= 0; --i) {
    const Right& right = any(random);
    connection.send(right.request);
    expect_captions(right, connection.receive());
  }
}

void Traffic::chunked(Random& random) {
  const Right& right = any(random);
  const std::size_t body = right.request.find("\r\n\r\n") + 4;
  std::string request =
      right.request.substr(0, right.request.find("Content-Length")) + "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = body; at < right.request.size();) {
    const std::string piece = right.request.substr(at, static_cast<std::size_t>(1 + random.below(5000)));
    request += fmt::format("{:x}{}\r\n{}\r\n", piece.size(), random.below(2) == 0 ? ";a=b" : "", piece);
    at += piece.size();
  }
  HttpConnection connection(port_);
  connection.send(request + "0\r\n" + (random.below(2) == 0 ? "X-Trailer: x\r\n" : "") + "\r\n");
  expect_captions(right, connection.receive());
}

void Traffic::form(Random& random) {
  const Right& right = any(random);
  const std::string target = right.request.substr(5, right.request.find(' ', 5) - 5);
  const std::string body =
      "--edge\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"p\"\r\n\r\n" +
      right.request.substr(right.request.find("\r\n\r\n") + 4) + "\r\n--edge--\r\n";
  expect_captions(right, ask(port_, post(target, body, "multipart/form-data; boundary=edge")));
}

void Traffic::slow(Random& random) {
  const Right& right = any(random);
  HttpConnection connection(port_);
  if (random.below(3) == 0) {  // it takes its answer byte by byte
    connection.send(right.request);
    connection.dribble(1, std::chrono::microseconds(random.below(200)));
  } else {
    const std::size_t pieces = static_cast<std::size_t>(1 + random.below(300));
    connection.dribble(right.request.size() / pieces + 1, std::chrono::microseconds(random.below(2000)));
    connection.send(right.request);
  }
  expect_captions(right, connection.receive());
}

void Traffic::pipelined(Random& random) {
  HttpConnection connection(port_);
  std::vector<const Right*> rights;
  std::string requests;
  for (int i = 0; i < 5; ++i) {
    rights.push_back(&any(random));
    requests += rights.back()->request;
  }
  std::thread sender([&] { connection.send(requests); });
  for (const Right* right : rights) expect_captions(*right, connection.receive());
  sender.join();
}

void Traffic::half_closed(Random& random) {
  const Right& right = any(random);
  HttpConnection connection(port_);
  connection.send(right.request);
  connection.finish_sending();
  expect_captions(right, connection.receive());
  expect_end(connection, "half-closed after its request");
}

void Traffic::half_closed_early(Random& random) {
  const Right& right = any(random);
  HttpConnection connection(port_);
  connection.send(right.request.substr(0, place_in(right.request, random)));
  connection.finish_sending();
  leave("/caption");
  const HttpAnswer answer = connection.receive();
  expect(answer.status == 0 || answer.status == 400 || answer.status == 408, "half-closed too early", answer);
  expect_end(connection, "half-closed too early");
}

void Traffic::gone(Random& random) {
  const Right& right = any(random);
  HttpConnection connection(port_);
  const bool whole = random.below(3) == 0;  // gone before the answer
  connection.send(right.request.substr(0, whole ? std::string::npos : place_in(right.request, random)));
  leave("/caption");
  if (random.below(2) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(random.below(50)));
  if (random.below(2) == 0) connection.reset();
}

void Traffic::never_read(Random& random) {
  constexpr int requests = 1000;  // their answers fill whatever lies between
  auto connection = std::make_unique<HttpConnection>(port_);
  std::string text;
  for (int i = 0; i < requests; ++i) text += get("/script.js");
  connection->send(text);
  leave("/script.js", requests);
  if (random.below(2) == 0) keep(std::move(connection));
}

void Traffic::idle(Random& random) {
  auto connection = std::make_unique<HttpConnection>(port_);
  const std::int64_t what = random.below(3);
  if (what == 1) connection->send(get("/healthz").substr(0, 20));
  if (what == 2) {
    connection->send(get("/info"));
    const HttpAnswer answer = noted("/info", connection->receive());
    expect(answer.status == 200, "/info", answer);
  }
  keep(std::move(connection));
}

void Traffic::other_paths(Random& random) {
  struct Other {
    const char *method, *path, *name;
    int status;
  };
  static const Other others[] = {{"GET", "/", "/", 200},
                                 {"HEAD", "/script.js", "/script.js", 200},
                                 {"GET", "/style.css", "/style.css", 200},
                                 {"GET", "/info", "/info", 200},
                                 {"GET", "/metrics", "/metrics", 200},
                                 {"GET", "/healthz?x=y", "/healthz", 200},
                                 {"GET", "/caption", "/caption", 405},
                                 {"DELETE", "/info", "/info", 405},
                                 {"GET", "/favicon.ico", "other", 404}};
  const Other& other = one_of(others, random);
  HttpConnection connection(port_);
  connection.send(get(other.path, other.method));
  const HttpAnswer answer = noted(other.name, connection.receive(other.method[0] == 'H'));
  expect(answer.status == other.status, other.path, answer);
}

void Traffic::broken_http(Random& random) {
  const BrokenRequest& broken = one_of(broken_, random);
  HttpConnection connection(port_);
  connection.send(broken.bytes);
  connection.finish_sending();
  // Which path it is counted under is not said: nothing of it is sure.
  for (const char* path : {"/caption", "/", "/info", "/script.js", "other"}) leave(path);
  const HttpAnswer answer = connection.receive(broken.bytes.starts_with("HEAD"));
  const std::string what = "broken: " + nlohmann::json(broken.bytes.substr(0, 200))
                                            .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  expect(std::find(broken.statuses.begin(), broken.statuses.end(), answer.status) != broken.statuses.end(),
         what, answer);
  expect_end(connection, what);
}

void Traffic::broken_picture(Random& random) {
  std::string picture = one_of(pictures_, random);
  const std::int64_t how = random.below(3);
  if (how == 0) picture.resize(place_in(picture, random));
  if (how == 1)
    for (int i = 0; i < 8; ++i)
      picture[place_in(picture, random)] ^= static_cast<char>(1 + random.below(255));
  if (how == 2) picture = garbage(random);
  HttpConnection connection(port_);
  connection.send(post("/caption", picture));
  const HttpAnswer answer = noted("/caption", connection.receive());
  // A flipped bit may make another picture, of whatever size.
  const bool right = answer.status == 422 || (how == 1 && (answer.status == 200 || answer.status == 413));
  expect(right, "a broken picture", answer);
  const Right& after = any(random);
  connection.send(after.request);
  expect_captions(after, connection.receive());
}

void Traffic::wrong_options(Random& random) {
  static const std::string queries[] = {"beam=0",
                                        "bim=3",
                                        "beam=99999",
                                        "sample=perhaps",
                                        "n-best=3",
                                        "max-length=1000",
                                        "sample&temperature=nan",
                                        "beam=5&groups=2"};
  const HttpAnswer answer =
      noted("/caption", ask(port_, post("/caption?" + one_of(queries, random), one_of(pictures_, random))));
  expect(answer.status == 400, "wrong options", answer);
}

void Traffic::too_large(Random& random) {
  HttpConnection connection(port_);
  const std::string body(max_body_ + 1 + static_cast<std::size_t>(random.below(100'000)), 'x');
  if (random.below(2) == 0) {
    connection.send(post("/caption", body));
  } else {
    connection.send(
        "POST /caption HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    connection.send(fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", body.size(), body));
  }
  const HttpAnswer answer = noted("/caption", connection.receive());
  expect(answer.status == 413, "too large", answer);
}

void Traffic::not_http(Random& random) {
  HttpConnection connection(port_);
  const std::string bytes = garbage(random);
  connection.send(bytes);
  for (const char* path : {"/caption", "/", "other"}) leave(path);
  if (random.below(2) == 0) return;
  connection.finish_sending();
  const HttpAnswer answer = connection.receive();
  expect(answer.status == 0 || (answer.status >= 200 && answer.status < 500) || answer.status == 501 ||
             answer.status == 505,
         "garbage", answer);
  expect_end(connection, "garbage");
}

}  // namespace dlcore::test
