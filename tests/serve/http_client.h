// A client that sends whatever bytes a test wants.
#pragma once

#include <chrono>
#include <cstddef>
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
  /// From now on it sends and receives so many bytes at a time, with a pause after each.
  void dribble(std::size_t piece, std::chrono::microseconds pause);
  /// False when the other end does not take all of it.
  bool send(std::string_view bytes) const;
  /// The next answer. head: without a body, whatever its length says.
  HttpAnswer receive(bool head = false);
  /// Nothing more will be sent, but answers are still taken.
  void finish_sending() const;
  /// Waits for the end of the connection; false where it does not come.
  bool ended();
  /// Ends it as a program does that has crashed: what comes from now on is answered with a reset.
  void reset();

 private:
  bool read_more();

  int descriptor_ = -1;
  std::size_t piece_ = 65536;
  std::chrono::microseconds pause_{0};
  std::string buffer_;
};

/// "POST /caption?beam=3 HTTP/1.1" and so on, with Content-Length.
std::string post(const std::string& target, std::string_view body, const std::string& type = "image/jpeg");
std::string get(const std::string& target, const std::string& method = "GET");

/// One request on a connection of its own.
HttpAnswer ask(std::uint16_t port, const std::string& request);

}  // namespace dlcore::test
