// The page and the other things that are read: /info, /healthz, /metrics.
#include "io/atomic_file.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/serve/http_client.h"
#include "tests/serve/served.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("serve: the page comes whole, keeps to itself and needs nothing from elsewhere") {
  const Served served;
  struct File {
    const char *path, *name, *type;
  };
  for (const auto& [path, name, type] : {File{"/", "index.html", "text/html; charset=utf-8"},
                                         File{"/style.css", "style.css", "text/css; charset=utf-8"},
                                         File{"/script.js", "script.js", "text/javascript; charset=utf-8"},
                                         File{"/icon.svg", "icon.svg", "image/svg+xml"}}) {
    CAPTURE(path);
    const HttpAnswer answer = ask(served.port(), get(path));
    REQUIRE(answer.status == 200);
    CHECK((answer.body == read_file(std::string(DLCORE_TEST_SOURCE "/tools/serve/page/") + name)));
    CHECK(answer.headers.at("content-type") == type);
    CHECK(answer.headers.at("x-content-type-options") == "nosniff");
    CHECK(
        answer.headers.at("content-security-policy").starts_with("default-src 'none'; script-src 'self'; "));
    std::string text = answer.body;
    const std::string svg = "http://www.w3.org/2000/svg";  // a name, not a place
    if (const auto at = text.find(svg); at != std::string::npos) text.erase(at, svg.size());
    for (const std::string part :
         {"http://", "https://", "src=\"//", "url(", "@import", " style=\"", "onclick="})
      CHECK(text.find(part) == std::string::npos);

    HttpConnection connection(served.port());  // one connection for several
    connection.send(get(path, "HEAD"));
    const HttpAnswer head = connection.receive(true);
    CHECK(head.status == 200);
    CHECK(head.headers.at("content-length") == std::to_string(answer.body.size()));
    connection.send(get(path));
    CHECK(connection.receive().body == answer.body);
  }
}

TEST_CASE("serve: /info, /healthz and /metrics") {
  const Served served({"--max-body", "100000", "--max-pixels", "5000"});
  const auto info = ask(served.port(), get("/info")).json();
  CHECK(info.at("model") == "model.safetensors");
  CHECK(info.at("words") == 64);
  CHECK(info.at("limits").at("max_body") == 100000);
  CHECK(info.at("limits").at("max_pixels") == 5000);
  CHECK(ask(served.port(), get("/healthz")).json() == nlohmann::json{{"status", "ok"}});

  CHECK(served.metric("dlcore_pictures_captioned_total") == 0);
  for (int i = 0; i < 3; ++i)
    REQUIRE(ask(served.port(), post("/caption", encode_jpeg(noisy_picture(i), ""))).status == 200);
  ask(served.port(), post("/caption", "no picture"));
  ask(served.port(), get("/one"));
  ask(served.port(), get("/two"));
  const HttpAnswer metrics = ask(served.port(), get("/metrics"));
  CHECK(metrics.headers.at("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(served.metric("dlcore_pictures_captioned_total") == 3);
  CHECK(served.metric("dlcore_batch_pictures_sum") == 3);
  CHECK(served.metric("dlcore_http_requests_total{path=\"/caption\",code=\"200\"}") == 3);
  CHECK(served.metric("dlcore_http_requests_total{path=\"/caption\",code=\"422\"}") == 1);
  CHECK(served.metric("dlcore_http_requests_total{path=\"other\",code=\"404\"}") == 2);
  CHECK(served.metric("dlcore_caption_seconds_count") == 3);
  CHECK(served.metric("dlcore_caption_seconds_bucket{le=\"+Inf\"}") == 3);
  CHECK(served.metric("dlcore_caption_seconds_sum") > 0);
  CHECK(served.metric("process_start_time_seconds") > 1.7e9);
}
