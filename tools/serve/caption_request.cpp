#include "tools/serve/caption_request.h"

#include <algorithm>

#include "core/error.h"
#include "io/json_text.h"
#include "tools/decoding_option.h"

namespace dlcore {
namespace {

// "--beam: Value ..." to "beam: Value ...": here options have no dashes.
std::string without_dashes(std::string text) {
  for (auto at = text.find("--"); at != std::string::npos; at = text.find("--", at)) text.erase(at, 2);
  return text;
}

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(without_dashes(option->get_name()));
  return names;
}

void check_cost(const RequestedDecoding& decoding, const ServeLimits& limits) {
  const DecodeOptions& options = decoding.options;
  const auto check = [](const char* name, std::int64_t value, std::int64_t most) {
    require(value <= most, "{} {} is above this server's limit of {}", name, value, most);
  };
  check("beam", options.beam, limits.max_captions);
  check("n-best", options.n_best, limits.max_captions);
  check("max-length", options.max_length, limits.max_words);
  require(
      decoding.neighbors == 0 || limits.max_neighbors > 0,
      "neighbors needs captions of the training images, which this server has not read (--training-config)");
  check("neighbors", decoding.neighbors, limits.max_neighbors);
}

}  // namespace

bool is_picture_type(const std::string& content_type) {
  return content_type == "image/jpeg" || content_type == "image/png" ||
         content_type == "application/octet-stream";
}

RequestedDecoding parse_decoding(const NamedTexts& options, const Vocabulary& vocabulary,
                                 const ServeLimits& limits) {
  CLI::App app;
  app.set_help_flag();
  DecodingOptions decoding;
  decoding.add_to(app);
  const std::vector<std::string> names = names_of(app);
  std::vector<std::string> arguments{"--log-probs"};
  for (const auto& [name, value] : options) {
    require(std::find(names.begin(), names.end(), name) != names.end(),
            "there is no option {}, only name and those of decoding: {}", quoted_piece(name),
            fmt::join(names, ", "));
    if (name == "log-probs") continue;
    arguments.push_back("--" + name + (value.empty() ? "" : "=" + value));
  }
  std::reverse(arguments.begin(), arguments.end());  // as the library wants them
  try {
    app.parse(arguments);
    decoding.check();
  } catch (const CLI::ParseError& error) {
    fail("{}", without_dashes(error.what()));
  } catch (const Error& error) {
    fail("{}", without_dashes(error.what()));
  }
  RequestedDecoding asked{decoding.of(vocabulary), decoding.neighbors()};
  check_cost(asked, limits);
  return asked;
}

CaptionRequest read_caption_request(HttpRequest request, const Vocabulary& vocabulary,
                                    const ServeLimits& limits) {
  CaptionRequest result;
  result.room = std::move(request.room);
  NamedTexts options = std::move(request.query);
  bool found = is_picture_type(request.content_type);
  if (found) result.picture = std::move(request.body);
  for (FormPart& part : request.form) {
    if (part.file_name.empty()) {
      options.emplace_back(std::move(part.name), std::move(part.content));
      continue;
    }
    require(!found, "the form has several files, but a request is for one picture");
    found = true;
    result.picture = std::move(part.content);
    result.name = std::move(part.file_name);
  }
  require(found, "the form has no file: expected the picture as one, as curl -F picture=@photo.jpg sends it");
  std::erase_if(options, [&](const auto& option) {
    if (option.first != "name") return false;
    result.name = option.second;
    return true;
  });
  result.decoding = parse_decoding(options, vocabulary, limits);
  return result;
}

}  // namespace dlcore
