// What a server takes on at most: bytes, pixels, requests that wait, time.
#include <atomic>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <thread>

#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/process_usage.h"
#include "tests/serve/http_client.h"
#include "tests/serve/served.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// One colour: a small file that takes long to decode.
std::string large_png(std::int64_t side) {
  return encode_png({side, side, std::vector<std::uint8_t>(static_cast<std::size_t>(side * side * 3), 90)},
                    "");
}

std::string error(const HttpAnswer& answer) {
  return answer.status == 200 ? "none" : answer.json().at("error").get<std::string>();
}

// The answers to `count` of the same request at once, by status.
std::map<int, std::vector<HttpAnswer>> together(std::uint16_t port, int count, const std::string& request) {
  std::vector<HttpAnswer> answers(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (HttpAnswer& answer : answers) threads.emplace_back([&] { answer = ask(port, request); });
  for (std::thread& thread : threads) thread.join();
  std::map<int, std::vector<HttpAnswer>> by_status;
  for (HttpAnswer& answer : answers) by_status[answer.status].push_back(std::move(answer));
  return by_status;
}

}  // namespace

TEST_CASE("serve: a body above the limit is 413, however it comes") {
  const Served served({"--max-body", "20000"});
  const std::string sentence = "the request is larger than this server's limit of 20000 bytes (--max-body)";
  const std::string fits = std::string(20'000, 'x'), larger = std::string(20'001, 'x');
  CHECK(ask(served.port(), post("/caption", fits)).status == 422);
  const std::string huge(20 << 20, 'x');  // far more than lies in the sockets' buffers
  for (const std::string* body : {&larger, &huge}) {
    HttpConnection connection(served.port());
    CHECK(connection.send(post("/caption", *body)));
    const HttpAnswer answer = connection.receive();
    CHECK(answer.status == 413);
    CHECK(error(answer) == sentence);
    // The connection is as good as before.
    connection.send(post("/caption", encode_jpeg(noisy_picture(1), "")));
    CHECK(connection.receive().status == 200);
  }
  const std::string head = "POST /caption HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n";
  {  // of a length that is not said before
    HttpConnection connection(served.port());
    connection.send(head + "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; ++i) connection.send("1388\r\n" + std::string(5000, 'x') + "\r\n");
    connection.send("0\r\n\r\n");
    CHECK(connection.receive().status == 413);
  }
  {  // asked for before it is sent
    HttpConnection connection(served.port());
    connection.send(head + "Expect: 100-continue\r\nContent-Length: 20001\r\n\r\n");
    CHECK(connection.receive().status == 413);
  }
  for (const std::string length : {"99999999999999999999999", "-1", "x"}) {
    HttpConnection connection(served.port());
    connection.send(head + "Expect: 100-continue\r\nContent-Length: " + length + "\r\n\r\n");
    const int status = connection.receive().status;
    CHECK((status == 413 || status == 400 || status == 0));
  }
}

TEST_CASE("serve: more than all requests together may have is 503, and there is room again") {
  const Served served({"--max-bodies", "500000", "--timeout", "300"});
  const auto held = [&] { return served.metric("dlcore_request_bytes"); };
  const auto wait_for = [&](double bytes) {
    for (int i = 0; i < 600 && held() != bytes; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return held() == bytes;
  };
  const std::string request = post("/caption", std::string(400'000, 'x'));
  HttpConnection slow(served.port()), other(served.port());
  slow.send(request.substr(0, request.size() - 1));
  REQUIRE(wait_for(399'999));
  for (const std::string& more :
       {request,
        "POST /caption HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: "
        "chunked\r\n\r\n30d40\r\n" +
            std::string(200'000, 'x') + "\r\n0\r\n\r\n"}) {
    other.send(more);
    const HttpAnswer refused = other.receive();
    CHECK(refused.status == 503);
    CHECK(refused.headers.at("retry-after") == "1");
    CHECK(error(refused) ==
          "the requests that are here have as many bytes as this server holds, 500000 (--max-bodies): try "
          "again "
          "later");
  }
  other.send(post("/caption", encode_jpeg(noisy_picture(1), "")));  // a small one has room
  CHECK(other.receive().status == 200);
  slow.send("x");
  CHECK(slow.receive().status == 422);  // no picture
  CHECK(wait_for(0));
  other.send(request);
  CHECK(other.receive().status == 422);
  {
    const HttpConnection gone(served.port());
    gone.send(request.substr(0, request.size() - 1));
    REQUIRE(wait_for(399'999));
  }
  CHECK(wait_for(0));
}

TEST_CASE("serve: a picture of too many pixels is 413, before it is decoded") {
  const Served served({"--max-pixels", "10000"});
  CHECK(ask(served.port(), post("/caption", encode_png(noisy_picture(1, 100, 100), ""))).status == 200);
  const HttpAnswer answer =
      ask(served.port(), post("/caption?name=wide.png", encode_png(noisy_picture(1, 100, 101), "")));
  CHECK(answer.status == 413);
  CHECK(error(answer) == "wide.png claims 101 x 100 pixels, more than the limit of 10000 (--max-pixels)");
  // A few bytes that claim to be a picture of 40,000 times 40,000.
  std::string bomb = large_png(8);
  bomb.replace(16, 8, std::string("\0\0\x9c\x40\0\0\x9c\x40", 8));
  const int status = ask(served.port(), post("/caption", bomb)).status;
  CHECK((status == 413 || status == 422));
}

TEST_CASE("serve: more than the queue takes is 503, and the others are answered") {
  const Served served({"--queue", "2", "--batch", "1", "--threads", "1"});
  auto answers = together(served.port(), 16, post("/caption", large_png(3000)));
  CHECK(answers[200].size() >= 2);
  CHECK(answers[503].size() >= 1);
  CHECK(answers[200].size() + answers[503].size() == 16);
  for (const HttpAnswer& answer : answers[503]) {
    CHECK(error(answer) ==
          "2 requests are waiting already, as many as this server lets wait (--queue): try again later");
    CHECK(answer.headers.at("retry-after") == "1");
  }
  CHECK(ask(served.port(), post("/caption", encode_jpeg(noisy_picture(1), ""))).status == 200);
  CHECK(served.metric("dlcore_queue_requests") == 0);
}

TEST_CASE("serve: captions that are not there in time are 504") {
  const Served served({"--timeout", "3", "--threads", "1"});
  auto answers = together(served.port(), 40, post("/caption", large_png(4000)));
  CHECK(answers[504].size() >= 1);
  // On a machine with much else to do some requests may not even arrive in time.
  CHECK(answers[200].size() + answers[504].size() + answers[408].size() + answers[0].size() == 40);
  for (const HttpAnswer& answer : answers[504])
    CHECK(error(answer) == "the captions were not there within this server's limit of 3 s (--timeout)");
  CHECK(served.metric("dlcore_http_requests_total{path=\"/caption\",code=\"504\"}") ==
        static_cast<double>(answers[504].size()));
}

TEST_CASE("serve: a request that drips is 408, and nobody waits for it") {
  const Served served({"--timeout", "4"});
  const std::string picture = encode_jpeg(noisy_picture(1), "");
  const std::string head =
      "POST /caption HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n";
  // More slow clients than there are threads for connections anywhere: some send half a head, some half a
  // body.
  std::vector<std::unique_ptr<HttpConnection>> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(std::make_unique<HttpConnection>(served.port()));
    slow.back()->send(i % 2 == 0 ? head : head + "\r\nxyz");
  }
  HttpConnection silent(served.port());  // nothing drips
  silent.send(head);
  HttpConnection idle(served.port());
  idle.send(get("/healthz"));
  CHECK(idle.receive().status == 200);
  CHECK(ask(served.port(), post("/caption", picture)).status == 200);
  std::atomic<bool> ended = false;
  std::thread drip([&] {
    while (!ended) {
      for (std::size_t i = 0; i < slow.size(); ++i) slow[i]->send(i % 2 == 0 ? "x" : "y");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  for (const auto& connection : slow) {
    const HttpAnswer answer = connection->receive();
    CHECK((answer.status == 408 || answer.status == 0));  // 0: its last drop met an ended connection
  }
  ended = true;
  drip.join();
  CHECK(ask(served.port(), post("/caption", picture)).status == 200);
  CHECK(served.metric("dlcore_http_requests_total{path=\"/caption\",code=\"408\"}") ==
        50);  // those with a head

  const HttpAnswer answer = silent.receive();
  CHECK(answer.status == 408);
  CHECK(error(answer) == "the request did not arrive whole within its time");
  CHECK(idle.receive().status == 0);  // ended without a word
}

TEST_CASE("serve: a client that does not take its answers is not waited for") {
  Served served({"--timeout", "1"});
  const auto handles = [&] { return usage_of(served.program().process()).handles; };
  const std::int64_t before = handles();
  std::string requests;  // for more than lies in the sockets' buffers
  for (int i = 0; i < 3000; ++i) requests += get("/script.js");
  HttpConnection connection(served.port());
  connection.send(requests);
  REQUIRE(connection.receive().status == 200);
  CHECK(handles() == before + 1);
  for (int i = 0; i < 600 && handles() > before; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(handles() == before);
  served.program().signal(SIGTERM);
  CHECK(served.program().wait().code == 0);
}
