// POST /caption behind the HTTP library: the first line is the content type, the second the query, of names
// and values between '&' and '='; then the body, or a form's parts between lines of "--": name, file name,
// content.
#include <vector>

#include "models/decode_options.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/targets.h"
#include "tools/serve/caption_request.h"

namespace dlcore::fuzz {
namespace {

// Takes the text up to `end` off `rest`.
std::string_view take_until(std::string_view& rest, std::string_view end) {
  const std::size_t at = rest.find(end);
  const std::string_view piece = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + end.size());
  return piece;
}

HttpRequest request_of(std::string_view rest) {
  HttpRequest request{.method = "POST",
                      .path = "/caption",
                      .query = {},
                      .content_type = {},
                      .body = {},
                      .form = {},
                      .room = {}};
  request.content_type = take_until(rest, "\n");
  for (std::string_view query = take_until(rest, "\n"); !query.empty();) {
    std::string_view value = take_until(query, "&");
    const std::string_view name = take_until(value, "=");
    request.query.emplace_back(name, value);
  }
  if (request.content_type != "multipart/form-data") {
    request.body = rest;
    return request;
  }
  while (!rest.empty()) {
    std::string_view part = take_until(rest, "--\n");
    FormPart& one = request.form.emplace_back();
    one.name = take_until(part, "\n");
    one.file_name = take_until(part, "\n");
    one.content = part;
  }
  return request;
}

}  // namespace

int fuzz_http_options(const std::uint8_t* data, std::size_t size) {
  static const Vocabulary words({"<NULL>", "<START>", "<END>", "<UNK>", "a", "dog"});
  ServeLimits limits;
  limits.max_neighbors = 50;
  accepted([&] {
    const CaptionRequest request = read_caption_request(request_of(text_of(data, size)), words, limits);
    const auto& [options, neighbors] = request.decoding;
    options.check(words.size());
    expect(options.log_probabilities, "without log-probabilities");
    expect(options.beam >= 1 && options.beam <= limits.max_captions && options.n_best >= 1 &&
               options.n_best <= limits.max_captions && options.max_length >= 1 &&
               options.max_length <= limits.max_words && neighbors >= 0 && neighbors <= limits.max_neighbors,
           "costs more than the limits");
    expect(neighbors == 0 || options.beam > 1 || options.n_best > 1, "nothing to choose from");
  });
  return 0;
}

}  // namespace dlcore::fuzz
