// A TCP socket that listens.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace dlcore {

class ListeningSocket {
 public:
  /// Port 0: any free one. Throws Error that says why it cannot be: the port is in use, say.
  ListeningSocket(const std::string& host, std::uint16_t port);
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  int descriptor() const { return descriptor_; }
  std::uint16_t port() const { return port_; }
  /// Whether only this machine reaches it.
  bool loopback() const { return loopback_; }
  /// "http://127.0.0.1:8080/"
  std::string url() const;
  struct Connection {
    int descriptor;
    sockaddr_storage from;
    socklen_t size;
    const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&from); }
  };
  /// A client that nobody has accepted yet, if there is one; the connection is the caller's.
  std::optional<Connection> accept() const;
  /// No new connections from now on.
  void close();

 private:
  std::string host_;
  std::uint16_t port_;
  bool loopback_ = false;
  int descriptor_ = -1;
};

}  // namespace dlcore
