#include "tools/serve/caption_answer.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace dlcore {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ScoredCaption& caption) {
  std::vector<double> probabilities;
  for (const double logarithm : caption.log_probabilities) probabilities.push_back(std::exp(logarithm));
  return {{"caption", caption.caption},
          {"score", caption.score},
          {"words", caption.words},
          {"log_probabilities", caption.log_probabilities},
          {"probabilities", probabilities}};
}

double rounded(double ms) {
  return std::round(ms * 100) / 100;
}

}  // namespace

std::string to_json(const CaptionAnswer& answer) {
  Json captions = Json::array();
  for (const ScoredCaption& caption : answer.captions) captions.push_back(to_json(caption));
  const Json json{{"caption", answer.captions.front().caption},
                  {"captions", captions},
                  {"picture", {{"width", answer.width}, {"height", answer.height}}},
                  {"batch", answer.batch},
                  {"ms",
                   {{"decode", rounded(answer.decode_ms)},
                    {"wait", rounded(answer.wait_ms)},
                    {"caption", rounded(answer.caption_ms)}}}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dlcore
