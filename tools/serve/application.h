// What dlcore_serve serves: the page, POST /caption, /info, /healthz and /metrics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/serve/caption_service.h"
#include "tools/serve/http_server.h"

namespace dlcore {

class Application : public HttpHandler {
 public:
  /// model_name: for the page. All that is referred to outlives it.
  Application(const std::string& model_name, CaptionService& service, const ServeLimits& limits,
              const ByteBudget& bodies, Metrics& metrics);

  std::optional<HttpResponse> refuse(const HttpRequest& head) override;
  void handle(HttpRequest request, std::function<void(HttpResponse)> answer) override;
  void answered(const std::string& path, int status, std::chrono::duration<double> time) override;

  /// /healthz says so from now on.
  void drain() { draining_ = true; }

 private:
  struct Route {
    std::string_view path;
    bool post;                                    // else GET and HEAD
    HttpResponse (Application::*answer)() const;  // nullptr: captions
  };
  static const std::vector<Route>& routes();
  static const Route* find(const std::string& path);

  HttpResponse page() const;
  HttpResponse style() const;
  HttpResponse script() const;
  HttpResponse icon() const;
  HttpResponse info() const;
  HttpResponse health() const;
  HttpResponse metrics() const;
  void caption(HttpRequest request, std::function<void(HttpResponse)> answer);

  const std::string model_name_;
  CaptionService& service_;
  const ServeLimits limits_;
  const ByteBudget& bodies_;
  Metrics& metrics_;
  std::atomic<bool> draining_ = false;
};

}  // namespace dlcore
