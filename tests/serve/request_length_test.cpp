// Where a request ends: what a proxy in front may see in another way is refused, and nothing after it is
// read.
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/serve/http_client.h"
#include "tests/serve/served.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("serve: a request that says more than once how long it is ends its connection") {
  const Served served;
  const std::string head = "POST /caption HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n";
  struct Case {
    std::string headers;
    int status;
    const char* sentence;
  };
  for (const auto& [headers, status, sentence] :
       {Case{"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400,
             "says more than once how long it is"},
        Case{"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400,
             "says more than once how long it is"},
        Case{"Content-Length: 3\r\ncontent-length: 30\r\n", 400, "says more than once how long it is"},
        Case{"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400, "more than once"},
        Case{"Transfer-Encoding: gzip, chunked\r\n", 501,
             "the Transfer-Encoding is gzip, chunked, but only"}}) {
    CAPTURE(headers);
    HttpConnection connection(served.port());
    connection.send(head + headers + "\r\n0\r\n\r\n" + get("/info"));  // which is not to be seen
    const HttpAnswer answer = connection.receive();
    CHECK(answer.status == status);
    CHECK(answer.body.find(sentence) != std::string::npos);
    CHECK(connection.receive().status == 0);
  }
  CHECK(served.metric("dlcore_http_requests_total{path=\"/info\",code=\"200\"}") == 0);
  CHECK(served.metric("dlcore_http_requests_total{path=\"/caption\",code=\"400\"}") == 4);
  CHECK(ask(served.port(), post("/caption", encode_jpeg(noisy_picture(1), ""))).status == 200);
}

TEST_CASE("serve: a client that ends its side too early is not waited for") {
  const Served served({"--timeout", "600"});
  const std::string request = post("/caption", "not all of it");
  for (const std::size_t size : {std::size_t{1}, std::size_t{20}, request.size() - 20, request.size() - 1}) {
    CAPTURE(size);
    HttpConnection connection(served.port());
    connection.send(request.substr(0, size));
    connection.finish_sending();
    CHECK(connection.ended());
  }
}
