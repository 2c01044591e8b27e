#include "tests/serve/broken_http.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/serve/http_client.h"

namespace dlcore::test {
namespace {

std::string with_zeros(std::string text) {
  std::replace(text.begin(), text.end(), '~', '\0');
  return text;
}

const std::string head = "POST /caption HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n";

void add_broken_lengths(const std::string& picture, std::vector<BrokenRequest>& list) {
  for (const std::string length : {"-1", "-0", "+5", "5, 5", "5 5", "0x10", "1e3", "", " ", "five", "5;"})
    list.push_back({head + "Content-Length: " + length + "\r\n\r\n" + picture, {0, 400, 413}});
  for (const std::string length : {"18446744073709551615", "18446744073709551616", "18446744073709551621",
                                   "9223372036854775808", "99999999999999999999999999999999"})
    list.push_back({head + "Content-Length: " + length + "\r\n\r\n" + picture, {0, 400, 408, 413}});
  const std::string size = std::to_string(picture.size());
  // Two lengths, or a length and chunks: a proxy in front may have chosen the other.
  list.push_back({head + "Content-Length: 5\r\nContent-Length: " + size + "\r\n\r\n" + picture, {0, 400}});
  list.push_back({head + "Content-Length: " + size + "\r\nContent-Length: 5\r\n\r\n" + picture, {0, 400}});
  list.push_back(
      {head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", {0, 400}});
  list.push_back({head + "Transfer-Encoding: gzip\r\n\r\n" + picture, {0, 400, 501}});
  list.push_back({head + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", {0, 400, 501}});
  list.push_back({head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {0, 400, 501}});
}

void add_broken_chunks(std::vector<BrokenRequest>& list) {
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string body :
       {"x\r\nabc\r\n0\r\n\r\n", "-1\r\nabc\r\n0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n", "ffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "10000000000000000\r\nabc\r\n0\r\n\r\n", "fffffffffffffffffffffffffffffffffff\r\nabc",
        "2\r\nabc\r\n0\r\n\r\n", "\r\n\r\n\r\n", " \r\nabc", "3abc0", "3\r\nabc0\r\n\r\n",
        "00000000000000000000000000000000"})
    list.push_back({chunked + body, {0, 400, 408, 413}});
  list.push_back({chunked + "4\r\nabc\r\n0\r\n\r\n", {0, 400, 408, 422}});  // a line may end without \r
  list.push_back({chunked + std::string(100'000, '1'), {0, 400, 408, 413}});
  // libmicrohttpd 0.9.75 says 500 where such a line is longer than what it reads at a time.
  list.push_back(
      {chunked + "3;" + std::string(100'000, 'x') + "\r\nabc\r\n0\r\n\r\n", {0, 400, 413, 422, 500}});
  std::string trailers;
  for (int i = 0; i < 5000; ++i) trailers += fmt::format("X-{}: {}\r\n", i, i);
  list.push_back({chunked + "3\r\nabc\r\n0\r\n" + trailers + "\r\n", {0, 400, 413, 422, 431}});
}

void add_broken_heads(std::vector<BrokenRequest>& list) {
  const std::vector<int> refused{0, 400, 404, 405, 408, 413, 414, 431, 501, 505};
  const std::string host = "Host: x\r\n\r\n";
  for (const std::string line : {"GET",
                                 "GET /",
                                 "GET / HTTP",
                                 "GET / HTTP/",
                                 "GET / HTTP/0.9",
                                 "GET / HTTP/3.0",
                                 "GET / HTTP/1.",
                                 "GET / HTTP/11",
                                 "GET / HTTP/1.1 x",
                                 "GET / http/1.1",
                                 " / HTTP/1.1",
                                 "GET HTTP/1.1",
                                 "/",
                                 "",
                                 "GET\t/\tHTTP/1.1",
                                 "BREW /caption HTTP/1.1",
                                 "CONNECT x:443 HTTP/1.1",
                                 "TRACE /caption HTTP/1.1",
                                 "PRI * HTTP/2.0",
                                 "OPTIONS * HTTP/1.1",
                                 "get /caption HTTP/1.1"})
    list.push_back({line + "\r\n" + host, refused});
  list.push_back({std::string(100'000, 'G') + " / HTTP/1.1\r\n" + host, refused});
  list.push_back({"GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n" + host, refused});
  list.push_back({"GET /caption?" + std::string(20'000, '&') + " HTTP/1.1\r\n" + host, refused});
  list.push_back({"GET / HTTP/1.1\r\nX: " + std::string(100'000, 'a') + "\r\n" + host, refused});
  list.push_back({"GET / HTTP/1.1\r\n" + std::string(100'000, 'a') + ": x\r\n" + host, refused});
  list.push_back({"GET / HTTP/1.1\r\n" + std::string(100'000, '\n'), {0, 200, 400, 431}});
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 10'000; ++i) many += "a:\r\n";
  list.push_back({many + host, refused});
  // Without a host, with two, folded, without a colon, with zeros, with bare line feeds.
  list.push_back({"GET /nowhere HTTP/1.1\r\n\r\n", {0, 400}});
  list.push_back({"GET /nowhere HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", refused});
  list.push_back({"GET /nowhere HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", refused});
  list.push_back({"GET /nowhere HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", refused});
  list.push_back({"GET /nowhere HTTP/1.1\r\n: nothing\r\n" + host, refused});
  list.push_back({"GET /nowhere HTTP/1.1\r\nSpace : x\r\n" + host, refused});
  list.push_back({with_zeros("GET /nowhere HTTP/1.1\r\nX: a~b\r\n") + host, refused});
  list.push_back({with_zeros("GET /no~where HTTP/1.1\r\n") + host, refused});
  list.push_back({"GET /nowhere HTTP/1.1\nHost: x\n\n", refused});
  list.push_back({"\r\n\r\n\r\nGET /nowhere HTTP/1.1\r\n" + host, refused});
  list.push_back({"GET /nowhere HTTP/1.1\r\nExpect: the-impossible\r\n" + host, {0, 400, 404, 417}});
  list.push_back({"GET /nowhere HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n" + host, refused});
  list.push_back({"GET /nowhere HTTP/1.1\r\nCookie: " + std::string(5000, ';') + "\r\n" + host, refused});
  // Another protocol: the beginning of TLS.
  list.push_back({with_zeros("\x16\x03\x01\x02~\x01~\x01\xfc\x03\x03") + std::string(508, 'x'), refused});
}

void add_broken_targets(std::vector<BrokenRequest>& list) {
  for (const std::string target : {"/../../../../etc/passwd",
                                   "/..%2f..%2fetc%2fpasswd",
                                   "/%2e%2e/%2e%2e/etc/passwd",
                                   "/./info",
                                   "//info",
                                   "/info/",
                                   "/info/..",
                                   "/style.css/../script.js",
                                   "/..\\..\\windows",
                                   "/%00",
                                   "/info%00",
                                   "/%",
                                   "/%4",
                                   "/%zz",
                                   "/%u0041",
                                   "/%ff%fe",
                                   "/%c0%ae%c0%ae/",
                                   "\\",
                                   "*",
                                   "http://x/nowhere",
                                   "info",
                                   "/info#fragment",
                                   "/a b c"})
    list.push_back({get(target), {0, 400, 404, 505}});
  for (const std::string query :
       {"%", "%4", "%zz", "%00", "%ff%fe", "=", "==", "&", "a&b&c", "=beam", "%62eam=", "beam=%", "beam=%zz",
        "beam=3&beam=4", "beam=%00", "?", "name=%"})
    list.push_back({post("/caption?" + query, "no picture"), {400, 422}});
  list.push_back({post("/caption?name=" + std::string(15'000, '%'), "no picture"), {0, 400, 414, 422, 431}});
  list.push_back({post("/caption?name=" + std::string(10'000, 'n'), "no picture"), {0, 414, 422, 431}});
}

}  // namespace

std::vector<BrokenRequest> broken_requests(const std::string& picture) {
  std::vector<BrokenRequest> list;
  add_broken_lengths(picture, list);
  add_broken_chunks(list);
  add_broken_heads(list);
  add_broken_targets(list);
  return list;
}

std::string garbage(Random& random) {
  static const std::string parts[] = {"GET ",
                                      "POST ",
                                      "/caption",
                                      "/",
                                      " HTTP/1.1",
                                      "\r\n",
                                      "\r\n\r\n",
                                      "Host: x",
                                      "Content-Length: ",
                                      "Transfer-Encoding: chunked",
                                      "0",
                                      "9999999999",
                                      ":",
                                      "Expect: 100-continue",
                                      "%",
                                      "?",
                                      "&",
                                      "Content-Type: multipart/form-data"};
  std::string bytes;
  const std::int64_t pieces = 1 + random.below(60);
  const bool like_http = random.below(2) == 0;
  for (std::int64_t i = 0; i < pieces; ++i) {
    if (like_http && random.below(4) != 0)
      bytes += parts[random.below(std::ssize(parts))];
    else
      for (std::int64_t k = random.below(200); k >= 0; --k) bytes += static_cast<char>(random.below(256));
  }
  return bytes;
}

}  // namespace dlcore::test
