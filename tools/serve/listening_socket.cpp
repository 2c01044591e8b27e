#include "tools/serve/listening_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "core/error.h"

namespace dlcore {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses addresses_of(const std::string& host, std::uint16_t port) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  require(failure == 0, "--host {} is no address of this machine: {}", host, gai_strerror(failure));
  return {found, &freeaddrinfo};
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr) >> 24 == 127;
  return address->sa_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

ListeningSocket::ListeningSocket(const std::string& host, std::uint16_t port) : host_(host), port_(port) {
  const Addresses addresses = addresses_of(host, port);
  const addrinfo& address = *addresses;
  descriptor_ = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;  // a port whose last connections are still dying down may be used again
  if (descriptor_ < 0 || setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      bind(descriptor_, address.ai_addr, address.ai_addrlen) != 0 || listen(descriptor_, SOMAXCONN) != 0) {
    const int reason = errno;
    close();
    fail("cannot listen on {} port {}: {}", host, port,
         reason == EADDRINUSE ? "another program does; --port has another, 0 is any free one"
                              : std::generic_category().message(reason));
  }
  port_ = port_of(descriptor_);
  loopback_ = is_loopback(address.ai_addr);
}

ListeningSocket::~ListeningSocket() {
  close();
}

std::optional<ListeningSocket::Connection> ListeningSocket::accept() const {
  Connection connection{.descriptor = -1, .from = {}, .size = sizeof(sockaddr_storage)};
  do {
    connection.descriptor = accept4(descriptor_, reinterpret_cast<sockaddr*>(&connection.from),
                                    &connection.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  } while (connection.descriptor < 0 && (errno == EINTR || errno == ECONNABORTED));
  return connection.descriptor < 0 ? std::nullopt : std::optional(connection);
}

void ListeningSocket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

std::string ListeningSocket::url() const {
  const bool ipv6 = host_.find(':') != std::string::npos;
  return fmt::format("http://{}:{}/", ipv6 ? "[" + host_ + "]" : host_, port_);
}

}  // namespace dlcore
