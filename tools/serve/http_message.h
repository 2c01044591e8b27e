// Requests and answers of HTTP, whatever library carries them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tools/serve/byte_budget.h"

namespace dlcore {

/// Names and values, in the order of their arrival.
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

/// A part of multipart/form-data.
struct FormPart {
  std::string name;
  std::string file_name;  // empty for a plain field
  std::string content;
};

struct HttpRequest {
  std::string method;
  std::string path;          // without the query
  NamedTexts query;          // decoded; a name without = has an empty value
  std::string content_type;  // in small letters, without parameters; empty where there is none
  std::string body;
  std::vector<FormPart> form;  // in place of the body where it is multipart/form-data
  ByteBudget::Share room;      // of all bodies, for as long as this one is there
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  NamedTexts headers = {};
};

/// The answer to everything that goes wrong: {"error": "..."}, one sentence.
HttpResponse error_response(int status, const std::string& sentence, NamedTexts headers = {});

}  // namespace dlcore
