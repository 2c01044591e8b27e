// A connection's bytes to the server: dlcore_serve as it is, in this process, over a socket.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"
#include "tests/serve/small_model.h"
#include "tools/serve/application.h"
#include "tools/serve/listening_socket.h"

namespace dlcore::fuzz {
namespace {

ServeLimits limits() {
  ServeLimits limits;
  limits.max_body = 1 << 14;
  limits.max_pixels = 1 << 14;
  limits.timeout = std::chrono::milliseconds(250);  // what a request costs that never becomes whole
  return limits;
}

PhotoCaptioner small_captioner() {
  const std::string path = InputFile::beside("model.safetensors");
  test::write_small_model(path);
  PhotoCaptioner captioner(path, Device::cpu());
  std::filesystem::remove(path);
  return captioner;
}

struct Server {
  ListeningSocket socket{"127.0.0.1", 0};
  Metrics metrics;
  CaptionService service{small_captioner(), nullptr, Device::cpu(), 1, limits(), metrics};
  ByteBudget bodies{limits().max_bodies};
  Application application{"model.safetensors", service, limits(), bodies, metrics};
  HttpServer server{socket, {limits().max_body, 64, limits().timeout}, bodies, application};
};

class Connection {
 public:
  explicit Connection(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{60, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to the server");
  }
  ~Connection() { close(descriptor_); }

  // The server may end the connection before it has taken all.
  void send_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;  // libFuzzer's alarm
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    shutdown(descriptor_, SHUT_WR);
  }
  /// All that comes until the server ends the connection.
  std::string receive_all() const {
    std::string text;
    char piece[16384];
    for (;;) {
      const ssize_t got = recv(descriptor_, piece, sizeof piece, 0);
      if (got < 0 && errno == EINTR) continue;
      expect(got >= 0 || errno == ECONNRESET, "the server neither answered nor ended the connection");
      if (got <= 0) return text;
      text.append(piece, static_cast<std::size_t>(got));
    }
  }

 private:
  int descriptor_;
};

// What must be true of the first answer.
void check_answer(const std::string& text, bool head) {
  if (text.empty()) return;
  expect(text.starts_with("HTTP/1."), "no answer of HTTP: " + text.substr(0, 100));
  const std::string status = text.substr(9, 3);
  expect(status >= "100" && status < "600", "the status " + status);
  expect(status != "500", "an internal error: " + text);
  const std::size_t type = text.find("Content-Type: application/json"), end = text.find("\r\n\r\n");
  if (head || status == "100" || status == "200" || end == std::string::npos || type > end) return;
  const std::size_t length = std::stoul(text.substr(text.find("Content-Length: ") + 16));
  const std::string body = text.substr(end + 4, length);
  const auto json = nlohmann::json::parse(body, nullptr, false);
  expect(json.is_object() && json.contains("error"), "an error without its sentence: " + body);
  check_sentence(json["error"].get<std::string>());
}

}  // namespace

int fuzz_http(const std::uint8_t* data, std::size_t size) {
  static auto* const server = new Server;  // its threads live as long as the process
  std::string bytes(text_of(data, size));
  // A head without an end is waited for, which is known; that it ends lets more be tried.
  if (bytes.find("\r\n\r\n") == std::string::npos) bytes += "\r\n\r\n";
  const Connection connection(server->socket.port());
  connection.send_all(bytes);
  check_answer(connection.receive_all(), bytes.starts_with("HEAD"));
  return 0;
}

}  // namespace dlcore::fuzz
