// What a server on the open net has to bear: right requests among slow clients, clients that go away in the
// middle, connections that lie idle, broken HTTP, broken pictures and plain garbage.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "tests/serve/broken_http.h"
#include "tests/serve/http_client.h"

namespace dlcore::test {

class Traffic {
 public:
  /// Asks for the captions of all pictures it will send, one after the other. max_body: the server's limit.
  Traffic(std::uint16_t port, std::size_t max_body);

  /// Exchanges number `first` to `first` + `count` - 1 from so many clients at once. What an exchange is
  /// follows from its number.
  void run(std::int64_t first, std::int64_t count, int clients);
  /// Asks /healthz, which must be well. In any thread.
  void check_health();
  /// Ends the connections that lie idle.
  void close_idle();

  /// How often the server's own code has answered, by path (as /metrics names it) and status.
  using Answers = std::map<std::pair<std::string, int>, std::int64_t>;
  const Answers& answers() const { return answers_; }
  /// Requests by path of clients that did not wait for what came of them.
  const std::map<std::string, std::int64_t>& left() const { return left_; }
  /// Exchanges by kind.
  const std::map<std::string, std::int64_t>& kinds() const { return kinds_; }
  /// The first of the answers that were not what they should be, one sentence each; none where all was right.
  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  struct Kind;
  static const std::vector<Kind>& table();

  // A request and the captions that came when it was sent alone.
  struct Right {
    std::string request;
    nlohmann::json captions;
  };

  void exchange(std::int64_t number);
  HttpAnswer noted(const std::string& path, HttpAnswer answer);
  void expect(bool right, const std::string& what, const HttpAnswer& answer = {});
  void expect_captions(const Right& right, HttpAnswer answer);
  void expect_end(HttpConnection& connection, const std::string& what);
  void leave(const std::string& path, std::int64_t requests = 1);
  void keep(std::unique_ptr<HttpConnection> connection);
  const Right& any(Random& random) const;

  // The kinds.
  void right(Random& random);
  void chunked(Random& random);
  void form(Random& random);
  void slow(Random& random);
  void pipelined(Random& random);
  void half_closed(Random& random);
  void half_closed_early(Random& random);
  void gone(Random& random);
  void never_read(Random& random);
  void idle(Random& random);
  void other_paths(Random& random);
  void broken_http(Random& random);
  void broken_picture(Random& random);
  void wrong_options(Random& random);
  void too_large(Random& random);
  void not_http(Random& random);

  const std::uint16_t port_;
  const std::size_t max_body_;
  std::vector<std::string> pictures_;
  std::vector<Right> rights_;
  std::vector<BrokenRequest> broken_;

  std::mutex mutex_;
  std::deque<std::unique_ptr<HttpConnection>> idle_;
  Answers answers_;
  std::map<std::string, std::int64_t> left_;
  std::map<std::string, std::int64_t> kinds_;
  std::vector<std::string> wrong_;
};

}  // namespace dlcore::test
