#include "models/bad_step.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "io/json_text.h"

namespace dlcore {
namespace {

constexpr std::string_view name_begin = "not_finite_", name_end = ".json";

// The sign of a NaN would only puzzle.
const char* in_words(double value) {
  return std::isnan(value) ? "not a number" : "infinite";
}

nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(in_words(value));
}

std::string image_name(const CaptionSplit& split, std::int64_t row) {
  const auto& names = split.images.file_names;
  return names.empty() ? fmt::format("row {}", row) : names[static_cast<std::size_t>(row)];
}

}  // namespace

std::vector<BadStep::Gradient> gradients_not_finite(const ParameterSet& parameters,
                                                    const std::string& prefix) {
  std::vector<BadStep::Gradient> found;
  for (const auto& [name, parameter] : parameters.entries()) {
    if (!parameter->trainable) continue;
    std::int64_t bad = 0;
    for (const double value : parameter->gradient.to_vector<double>()) bad += std::isfinite(value) ? 0 : 1;
    if (bad > 0) found.push_back({prefix + name, bad, parameter->shape.numel()});
  }
  return found;
}

BadStep::Examples captions_at(const CaptionSplit& split, const Vocabulary& vocabulary,
                              const std::vector<std::int64_t>& rows) {
  BadStep::Examples captions{"captions"};
  for (const std::int64_t row : rows)
    captions.fields.push_back({{"image", image_name(split, split.image_idxs[static_cast<std::size_t>(row)])},
                               {"caption", vocabulary.decode(split.caption(row))}});
  return captions;
}

BadStep::Examples captions_of_images(const CaptionSplit& split, const Vocabulary& vocabulary,
                                     const std::vector<std::int32_t>& images,
                                     const std::vector<std::vector<std::int32_t>>& captions) {
  BadStep::Examples named{"captions"};
  for (std::size_t i = 0; i < captions.size(); ++i)
    named.fields.push_back(
        {{"image", image_name(split, images[i])}, {"caption", vocabulary.decode(captions[i])}});
  return named;
}

std::string describe(const BadStep& step) {
  const std::string where = fmt::format("of step {} (epoch {})", step.step, step.epoch);
  std::string parameters;
  if (!step.gradients.empty()) parameters = step.gradients[0].parameter;
  if (step.gradients.size() > 1)
    parameters +=
        fmt::format(" and {} {}", step.gradients.size() - 1, step.gradients.size() == 2 ? "other" : "others");
  if (std::isfinite(step.loss))
    return fmt::format("the gradient {} is not finite{}", where,
                       parameters.empty() ? "" : fmt::format(", that of {}", parameters));
  return fmt::format(
      "the loss {} is {}{}", where, in_words(step.loss),
      parameters.empty() ? "" : fmt::format(", and the gradient of {} is not finite", parameters));
}

std::string write_bad_step(const std::string& folder, const BadStep& step) {
  nlohmann::json gradients = nlohmann::json::array(), examples = nlohmann::json::array();
  for (const auto& one : step.gradients)
    gradients.push_back(
        {{"parameter", one.parameter}, {"not_finite", one.not_finite}, {"elements", one.elements}});
  for (const auto& fields : step.examples.fields) {
    nlohmann::json& one = examples.emplace_back(nlohmann::json::object());
    for (const auto& [name, value] : fields) one[name] = value;
  }
  const nlohmann::json whole{{"epoch", step.epoch},
                             {"step", step.step},
                             {"loss", number(step.loss)},
                             {"gradient_norm", number(step.gradient_norm)},
                             {"gradients", std::move(gradients)},
                             {step.examples.name, std::move(examples)}};
  const std::string path = fmt::format("{}/{}{}{}", folder, name_begin, step.step, name_end);
  write_file_atomically(path, to_text(whole) + "\n");
  return path;
}

bool is_bad_step_file(const std::string& name) {
  return name.starts_with(name_begin) && name.ends_with(name_end);
}

}  // namespace dlcore
