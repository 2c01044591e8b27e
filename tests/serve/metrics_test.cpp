// The text that Prometheus reads, letter by letter.
#include "tools/serve/metrics.h"

#include "tests/catch.h"

using namespace dlcore;

TEST_CASE("metrics: a histogram counts what is at most each limit") {
  Histogram histogram({0.5, 1, 10});
  for (const double value : {0.25, 0.5, 0.75, 1.0, 10.5, 100.0}) histogram.add(value);
  CHECK(histogram.text("x") ==
        "x_bucket{le=\"0.5\"} 2\nx_bucket{le=\"1\"} 4\nx_bucket{le=\"10\"} 4\nx_bucket{le=\"+Inf\"} 6\n"
        "x_sum 113\nx_count 6\n");
}

TEST_CASE("metrics: each family has its help and its type once, before its samples") {
  Metrics metrics;
  metrics.add_request("/caption", 200, std::chrono::milliseconds(20));
  metrics.add_request("/caption", 422, std::chrono::milliseconds(20));
  metrics.add_request("/caption", 200, std::chrono::milliseconds(300));
  metrics.add_request("/", 200, std::chrono::milliseconds(1));
  metrics.add_batch(3);
  const std::string text = metrics.text(7, 300);
  CHECK(
      text.starts_with("# HELP dlcore_http_requests_total Requests that were answered.\n"
                       "# TYPE dlcore_http_requests_total counter\n"
                       "dlcore_http_requests_total{path=\"/\",code=\"200\"} 1\n"
                       "dlcore_http_requests_total{path=\"/caption\",code=\"200\"} 2\n"
                       "dlcore_http_requests_total{path=\"/caption\",code=\"422\"} 1\n"
                       "# HELP dlcore_caption_seconds "));
  for (const std::string part :
       {"\n# TYPE dlcore_caption_seconds histogram\n", "\ndlcore_caption_seconds_bucket{le=\"0.025\"} 1\n",
        "\ndlcore_caption_seconds_count 2\n", "\ndlcore_batch_pictures_bucket{le=\"2\"} 0\n",
        "\ndlcore_batch_pictures_bucket{le=\"4\"} 1\n", "\ndlcore_pictures_captioned_total 3\n",
        "\n# TYPE dlcore_queue_requests gauge\ndlcore_queue_requests 7\n",
        "\n# TYPE dlcore_request_bytes gauge\ndlcore_request_bytes 300\n"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(text.back() == '\n');
}
