// A client that sends whatever bytes a test wants.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace dlcore::test {

struct HttpAnswer {
  int status = 0;                              // 0: the connection ended without an answer
  std::map<std::string, std::string> headers;  // by names in small letters
  std::string body;

  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  bool open() const { return descriptor_ >= 0; }
  /// False when the other end does not take all of it.
  bool send(std::string_view bytes) const;
  /// The next answer. head: without a body, whatever its length says.
  HttpAnswer receive(bool head = false);

 private:
  bool read_more();

  int descriptor_ = -1;
  std::string buffer_;
};

/// "POST /caption?beam=3 HTTP/1.1" and so on, with Content-Length.
std::string post(const std::string& target, std::string_view body, const std::string& type = "image/jpeg");
std::string get(const std::string& target, const std::string& method = "GET");

/// One request on a connection of its own.
HttpAnswer ask(std::uint16_t port, const std::string& request);

}  // namespace dlcore::test
