#include "tools/serve/application.h"

#include <algorithm>

#include "core/error.h"
#include "embedded/page.h"
#include "io/json_text.h"
#include "tools/serve/caption_answer.h"
#include "tools/serve/caption_request.h"

namespace dlcore {
namespace {

HttpResponse to_response(const CaptionOutcome& outcome) {
  if (const auto* answer = std::get_if<CaptionAnswer>(&outcome))
    return {200, "application/json", to_json(*answer)};
  const auto& [kind, sentence] = std::get<CaptionFailure>(outcome);
  switch (kind) {
    case CaptionFailure::Kind::bad_picture:
      return error_response(422, sentence);
    case CaptionFailure::Kind::too_many_pixels:
      return error_response(413, sentence + " (--max-pixels)");
    case CaptionFailure::Kind::queue_full:
      return error_response(503, sentence, {{"Retry-After", "1"}});
    case CaptionFailure::Kind::too_late:
      return error_response(504, sentence);
    case CaptionFailure::Kind::internal:
      break;
  }
  return error_response(500, "the picture could not be captioned: " + sentence);
}

HttpResponse text(const char* type, std::string_view content) {
  return {200, type, std::string(content)};
}

}  // namespace

Application::Application(const std::string& model_name, CaptionService& service, const ServeLimits& limits,
                         const ByteBudget& bodies, Metrics& metrics)
    : model_name_(model_name), service_(service), limits_(limits), bodies_(bodies), metrics_(metrics) {}

const std::vector<Application::Route>& Application::routes() {
  static const std::vector<Route> routes{{"/", false, &Application::page},
                                         {"/style.css", false, &Application::style},
                                         {"/script.js", false, &Application::script},
                                         {"/icon.svg", false, &Application::icon},
                                         {"/info", false, &Application::info},
                                         {"/healthz", false, &Application::health},
                                         {"/metrics", false, &Application::metrics},
                                         {"/caption", true, nullptr}};
  return routes;
}

const Application::Route* Application::find(const std::string& path) {
  const auto found =
      std::find_if(routes().begin(), routes().end(), [&](const Route& r) { return r.path == path; });
  return found == routes().end() ? nullptr : &*found;
}

std::optional<HttpResponse> Application::refuse(const HttpRequest& head) {
  const Route* route = find(head.path);
  if (route == nullptr)
    return error_response(404,
                          fmt::format("there is no {} here, only /, /caption, /info, /healthz and /metrics",
                                      quoted_piece(head.path)));
  const std::string allowed = route->post ? "POST" : "GET, HEAD";
  if (route->post ? head.method != "POST" : head.method != "GET" && head.method != "HEAD")
    return error_response(405,
                          fmt::format("{} takes {}, not {}", head.path, allowed, quoted_piece(head.method)),
                          {{"Allow", allowed}});
  if (!route->post || is_picture_type(head.content_type) || head.content_type == "multipart/form-data")
    return std::nullopt;
  return error_response(
      415, fmt::format(
               "the Content-Type is {}, but should be image/jpeg, image/png or application/octet-stream with "
               "the picture as the body, or multipart/form-data with the picture as a file",
               head.content_type.empty() ? "missing" : quoted_piece(head.content_type)));
}

void Application::handle(HttpRequest request, std::function<void(HttpResponse)> answer) {
  const Route* route = find(request.path);
  if (route->answer != nullptr)
    answer((this->*route->answer)());
  else
    caption(std::move(request), std::move(answer));
}

void Application::caption(HttpRequest request, std::function<void(HttpResponse)> answer) {
  CaptionRequest wanted;
  try {
    wanted = read_caption_request(std::move(request), service_.vocabulary(), limits_);
  } catch (const Error& error) {
    answer(error_response(400, error.what()));
    return;
  }
  service_.submit(std::move(wanted), [answer = std::move(answer)](const CaptionOutcome& outcome) {
    answer(to_response(outcome));
  });
}

void Application::answered(const std::string& path, int status, std::chrono::duration<double> time) {
  const Route* route = find(path);  // what is asked for in vain has one name: there is no end of paths
  metrics_.add_request(route == nullptr ? "other" : std::string(route->path), status, time);
}

HttpResponse Application::page() const {
  return text("text/html; charset=utf-8", page::index_html);
}

HttpResponse Application::style() const {
  return text("text/css; charset=utf-8", page::style_css);
}

HttpResponse Application::script() const {
  return text("text/javascript; charset=utf-8", page::script_js);
}

HttpResponse Application::icon() const {
  return text("image/svg+xml", page::icon_svg);
}

HttpResponse Application::info() const {
  const nlohmann::ordered_json json{{"model", model_name_},
                                    {"words", service_.vocabulary().size()},
                                    {"limits",
                                     {{"max_body", limits_.max_body},
                                      {"max_pixels", limits_.max_pixels},
                                      {"max_captions", limits_.max_captions},
                                      {"max_words", limits_.max_words},
                                      {"max_neighbors", limits_.max_neighbors}}}};
  return text("application/json", to_text(json) + "\n");
}

HttpResponse Application::health() const {
  if (draining_) return error_response(503, "the server is ending");
  return text("application/json", "{\"status\": \"ok\"}\n");
}

HttpResponse Application::metrics() const {
  return text("text/plain; version=0.0.4; charset=utf-8", metrics_.text(service_.waiting(), bodies_.held()));
}

}  // namespace dlcore
