#include "tests/serve/http_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <thread>

namespace dlcore::test {

HttpConnection::HttpConnection(std::uint16_t port)
    : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{60, 0};  // a test that would hang fails
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  close(descriptor_);
  descriptor_ = -1;
}

HttpConnection::~HttpConnection() {
  if (open()) close(descriptor_);
}

void HttpConnection::dribble(std::size_t piece, std::chrono::microseconds pause) {
  piece_ = piece;
  pause_ = pause;
  const int at_once = 1;  // each piece in a packet of its own
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
}

bool HttpConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), std::min(bytes.size(), piece_), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (pause_.count() > 0) std::this_thread::sleep_for(pause_);
  }
  return true;
}

bool HttpConnection::read_more() {
  const std::size_t before = buffer_.size();
  buffer_.resize(before + piece_);
  const ssize_t size = recv(descriptor_, buffer_.data() + before, piece_, 0);
  const int error = errno;
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (pause_.count() > 0) std::this_thread::sleep_for(pause_);
  errno = size < 0 ? error : 0;
  return size > 0;
}

void HttpConnection::finish_sending() const {
  shutdown(descriptor_, SHUT_WR);
}

bool HttpConnection::ended() {
  while (read_more()) buffer_.clear();
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

void HttpConnection::reset() {
  if (!open()) return;
  const linger at_once{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(descriptor_);
  descriptor_ = -1;
}

HttpAnswer HttpConnection::receive(bool head) {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!read_more()) return {};
  HttpAnswer answer;
  std::istringstream lines(buffer_.substr(0, end));
  buffer_.erase(0, end + 4);
  std::string version;
  lines >> version >> answer.status;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers[name] = line.substr(colon + 2, line.find('\r') - colon - 2);
  }
  if (answer.status == 100) return receive(head);
  const std::size_t length = head ? 0 : std::stoul(answer.headers["content-length"]);
  while (buffer_.size() < length)
    if (!read_more()) return {};
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

std::string post(const std::string& target, std::string_view body, const std::string& type) {
  std::string request = "POST " + target + " HTTP/1.1\r\nHost: here\r\nContent-Type: " + type +
                        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return request.append(body);
}

std::string get(const std::string& target, const std::string& method) {
  return method + " " + target + " HTTP/1.1\r\nHost: here\r\n\r\n";
}

HttpAnswer ask(std::uint16_t port, const std::string& request) {
  HttpConnection connection(port);
  connection.send(request);
  return connection.receive();
}

}  // namespace dlcore::test
