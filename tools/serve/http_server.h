// An HTTP/1.1 server on GNU libmicrohttpd: one thread receives and sends, and no connection needs a thread of
// its own, so that slow and idle clients take nothing from the others.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "tools/serve/http_message.h"
#include "tools/serve/listening_socket.h"

namespace dlcore {

/// What is served.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// Called with a request's head: the answer where it is refused whatever its body is.
  virtual std::optional<HttpResponse> refuse(const HttpRequest& head) = 0;

  /// Called with a whole request. `answer` is to be called once, at once or later, in any thread.
  virtual void handle(HttpRequest request, std::function<void(HttpResponse)> answer) = 0;

  /// Called when a request has been answered.
  virtual void answered(const std::string& path, int status, std::chrono::duration<double> time) = 0;
};

struct HttpLimits {
  std::int64_t max_body = 0;     // bytes; more: 413
  unsigned int connections = 0;  // at once; more wait until one ends
  /// For a request to arrive whole, after which 408 ends the connection, for its answer to be taken, and for
  /// a connection to lie idle.
  std::chrono::milliseconds receive{0};
};

class HttpServer {
 public:
  /// Serves until drain(). The handler is called in one thread, the server's, and outlives it.
  /// bodies: what the bodies of all requests that are here may take; more: 503.
  HttpServer(ListeningSocket& socket, const HttpLimits& limits, ByteBudget& bodies, HttpHandler& handler);
  /// After drain() there is nothing that it cuts off.
  ~HttpServer();

  /// Accepts no new connections, and returns when every request that has begun to arrive is answered.
  void drain();

 private:
  class Daemon;
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace dlcore
