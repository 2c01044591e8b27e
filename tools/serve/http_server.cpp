#include "tools/serve/http_server.h"

#include <microhttpd.h>
#include <strings.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "io/json_text.h"
#include "tools/serve/connection_watch.h"
#include "tools/serve/http_form.h"

namespace dlcore {
namespace {

// "Image/JPEG; charset=x" to "image/jpeg".
std::string media_type(const char* header) {
  std::string type = header == nullptr ? "" : header;
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

MHD_Result take_argument(void* list, MHD_ValueKind, const char* name, std::size_t name_size,
                         const char* value, std::size_t value_size) {
  static_cast<NamedTexts*>(list)->emplace_back(
      std::string(name, name_size), value == nullptr ? std::string() : std::string(value, value_size));
  return MHD_YES;
}

// A browser keeps to these: nothing from other places, no guessing of types, not in a frame.
constexpr std::pair<const char*, const char*> common_headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Permissions-Policy", "camera=(self), microphone=(), geolocation=()"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"}};

// A header's values, one for each time that it came.
std::vector<std::string> header_values(MHD_Connection* connection, const char* name) {
  struct Found {
    const char* name;
    std::vector<std::string> values = {};
  } found{name};
  const auto take = [](void* to, MHD_ValueKind, const char* key, const char* value) {
    auto& wanted = *static_cast<Found*>(to);
    if (strcasecmp(key, wanted.name) == 0) wanted.values.emplace_back(value == nullptr ? "" : value);
    return MHD_YES;
  };
  MHD_get_connection_values(connection, MHD_HEADER_KIND, take, &found);
  return found.values;
}

// Where a proxy in front may have found another end of the request than the library does, what follows would
// be taken for a request that the proxy has not seen. Source: RFC 9112, 6.3 and 11.2.
std::optional<HttpResponse> wrong_length(MHD_Connection* connection) {
  const auto lengths = header_values(connection, "Content-Length");
  const auto codings = header_values(connection, "Transfer-Encoding");
  if (lengths.size() + codings.size() > 1)
    return error_response(400, "the request says more than once how long it is");
  if (codings.size() == 1 && strcasecmp(codings[0].c_str(), "chunked") != 0)
    return error_response(501, fmt::format("the Transfer-Encoding is {}, but only chunked is known here",
                                           quoted_piece(codings[0])));
  return std::nullopt;
}

using Clock = std::chrono::steady_clock;

// A request and its answer.
struct Exchange {
  HttpRequest request;
  std::string path;
  Clock::time_point begin = Clock::now();
  std::optional<HttpResponse> response;  // as soon as it is known
  std::size_t length = 0;                // of its body, as far as is known
  bool whole = false;                    // all of it is there
  bool handed_over = false;
  bool sent = false;  // or being sent
};

}  // namespace

class HttpServer::Daemon {
 public:
  Daemon(ListeningSocket& socket, const HttpLimits& limits, ByteBudget& bodies, HttpHandler& handler)
      : socket_(socket), limits_(limits), handler_(handler), bodies_(bodies), watch_(limits.receive) {
    daemon_ = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr,
                               &Daemon::on_request, this, MHD_OPTION_LISTEN_SOCKET, socket.descriptor(),
                               MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
                               limits.connections, MHD_OPTION_UNESCAPE_CALLBACK, &Daemon::unescape, nullptr,
                               MHD_OPTION_NOTIFY_COMPLETED, &Daemon::on_completed, this,
                               MHD_OPTION_NOTIFY_CONNECTION, &Daemon::on_connection, this, MHD_OPTION_END);
    require(daemon_ != nullptr, "the HTTP server cannot be started at {}", socket.url());
  }

  ~Daemon() {
    if (!draining_) drain();  // the library must not be stopped with connections that wait for their answer
    MHD_stop_daemon(daemon_);
  }

  void drain() {
    draining_ = true;
    MHD_quiesce_daemon(daemon_);
    while (const auto waiting = socket_.accept())  // with their closing these would be cut off
      MHD_add_connection(daemon_, waiting->descriptor, waiting->address(), waiting->size);
    socket_.close();
    // A request that lies in its socket is taken soon; it has not begun for this counter yet.
    const auto settle = std::chrono::milliseconds(100);
    std::int64_t before = -1, now = 0;
    while (before != now || watch_.has_unread()) {
      std::this_thread::sleep_for(settle);
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return active_ == 0; });
      before = std::exchange(now, completed_);
    }
  }

 private:
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                               const char*, const char* data, std::size_t* size, void** exchange) {
    try {
      return static_cast<Daemon*>(self)->take(connection, url, method, data, *size,
                                              *reinterpret_cast<Exchange**>(exchange));
    } catch (const std::exception&) {  // no memory: the library ends the connection
      return MHD_NO;
    }
  }

  // Of a path with a zero in it, "/info%00", the library would hand on what is before it.
  static std::size_t unescape(void*, MHD_Connection*, char* text) {
    const std::size_t size = MHD_http_unescape(text);
    std::replace(text, text + size, '\0', '?');
    return size;
  }

  static void on_completed(void* self, MHD_Connection* connection, void** exchange,
                           MHD_RequestTerminationCode) {
    static_cast<Daemon*>(self)->complete(connection, *reinterpret_cast<Exchange**>(exchange));
  }

  static void on_connection(void* self, MHD_Connection* connection, void**,
                            MHD_ConnectionNotificationCode what) {
    ConnectionWatch& watch = static_cast<Daemon*>(self)->watch_;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
      watch.opened(connection,
                   MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
    else
      watch.closed(connection);
  }

  // Called with the head, with each piece of the body, at its end, and when the answer is there.
  MHD_Result take(MHD_Connection* connection, const char* url, const char* method, const char* data,
                  std::size_t& size, Exchange*& exchange) {
    if (exchange == nullptr) return begin(connection, url, method, exchange);
    if (size > 0) {
      // What is refused is read all the same: a client that is still sending would not see its answer.
      if (!exchange->response) append(*exchange, data, size);
      size = 0;
      return MHD_YES;
    }
    watch_.request_complete(connection);
    // At first the library is left as it is: it calls again at once, and does not wait for bytes any more.
    // Suspended while it does, it would read once it is resumed, and take the end of what the client has to
    // say for the end of the client.
    if (!std::exchange(exchange->whole, true)) return MHD_YES;
    if (!exchange->response && exchange->request.content_type == "multipart/form-data")
      take_form(connection, *exchange);
    if (exchange->response) return send(connection, *exchange);
    if (exchange->handed_over) return MHD_NO;
    exchange->handed_over = true;
    MHD_suspend_connection(connection);  // until the answer is there; meanwhile the exchange stays
    handler_.handle(std::move(exchange->request), [connection, exchange](HttpResponse response) {
      exchange->response = std::move(response);
      MHD_resume_connection(connection);
    });
    return MHD_YES;
  }

  MHD_Result begin(MHD_Connection* connection, const char* url, const char* method, Exchange*& exchange) {
    exchange = new Exchange;
    {
      const std::lock_guard guard(mutex_);
      ++active_;
    }
    watch_.request_begun(connection);
    HttpRequest& request = exchange->request;
    request.method = method;
    request.path = url;
    const auto header = [&](const char* name) {
      return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    };
    request.content_type = media_type(header("Content-Type"));
    MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, &take_argument, &request.query);
    exchange->path = request.path;
    exchange->response = wrong_length(connection);
    if (exchange->response) return send(connection, *exchange);  // and the connection ends
    exchange->response = handler_.refuse(request);
    const char* const length = header("Content-Length");
    if (!exchange->response && length != nullptr) {
      std::uint64_t bytes = 0;
      const std::string_view text = length;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), bytes);
      if (read.ec != std::errc() || bytes > static_cast<std::uint64_t>(limits_.max_body))
        exchange->response = too_large();
      else
        exchange->length = bytes;
    }
    // A client that asks whether to send its body is told at once that it need not.
    if (exchange->response && header("Expect") != nullptr) return send(connection, *exchange);
    return MHD_YES;
  }

  void append(Exchange& exchange, const char* data, std::size_t size) {
    HttpRequest& request = exchange.request;
    if (size > static_cast<std::size_t>(limits_.max_body) - request.body.size()) {
      exchange.response = too_large();
    } else {
      if (request.body.empty()) request.body.reserve(exchange.length);
      request.body.append(data, size);
      if (request.room.hold(bodies_, std::ssize(request.body))) return;
      exchange.response = error_response(
          503,
          fmt::format(
              "the requests that are here have as many bytes as this server holds, {} (--max-bodies): try "
              "again later",
              bodies_.most()),
          {{"Retry-After", "1"}});
    }
    request.body = {};
    request.room.release();
  }

  HttpResponse too_large() const {
    return error_response(
        413, fmt::format("the request is larger than this server's limit of {} bytes (--max-body)",
                         limits_.max_body));
  }

  static void take_form(MHD_Connection* connection, Exchange& exchange) {
    auto parts = parse_form(connection, exchange.request.body);
    if (!parts) exchange.response = error_response(400, "the body is no whole multipart/form-data");
    if (parts) exchange.request.form = std::move(*parts);
    exchange.request.body = {};
  }

  MHD_Result send(MHD_Connection* connection, Exchange& exchange) {
    const HttpResponse& response = *exchange.response;
    watch_.answer_begun(connection);
    exchange.sent = true;
    MHD_Response* const message = MHD_create_response_from_buffer(
        response.body.size(),
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it is only copied
        const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
    if (message == nullptr) return MHD_NO;
    MHD_add_response_header(message, "Content-Type", response.content_type.c_str());
    for (const auto& [name, value] : common_headers) MHD_add_response_header(message, name, value);
    for (const auto& [name, value] : response.headers)
      MHD_add_response_header(message, name.c_str(), value.c_str());
    if (draining_) MHD_add_response_header(message, "Connection", "close");
    const MHD_Result result =
        MHD_queue_response(connection, static_cast<unsigned int>(response.status), message);
    MHD_destroy_response(message);
    return result;
  }

  void complete(MHD_Connection* connection, Exchange*& exchange) {
    if (exchange == nullptr) return;
    const bool too_slow = watch_.request_answered(connection) && !exchange->sent;
    if (too_slow || exchange->response)
      handler_.answered(exchange->path, too_slow ? 408 : exchange->response->status,
                        Clock::now() - exchange->begin);
    delete exchange;
    exchange = nullptr;
    const std::lock_guard guard(mutex_);
    --active_;
    ++completed_;
    changed_.notify_all();
  }

  ListeningSocket& socket_;
  const HttpLimits limits_;
  HttpHandler& handler_;
  ByteBudget& bodies_;
  ConnectionWatch watch_;
  MHD_Daemon* daemon_ = nullptr;
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t active_ = 0;     // requests that have begun and are not answered
  std::int64_t completed_ = 0;  // ever
};

HttpServer::HttpServer(ListeningSocket& socket, const HttpLimits& limits, ByteBudget& bodies,
                       HttpHandler& handler)
    : daemon_(std::make_unique<Daemon>(socket, limits, bodies, handler)) {}

HttpServer::~HttpServer() = default;

void HttpServer::drain() {
  daemon_->drain();
}

}  // namespace dlcore
