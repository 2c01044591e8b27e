#include "io/html/gallery.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "io/html/assets.h"
#include "io/html/page.h"

namespace dlcore {
namespace {

// Mean log-probability of the first caption's words; infinite where it has none.
double sureness(const GalleryImage& image) {
  if (image.captions.empty()) return std::numeric_limits<double>::infinity();
  const auto& logs = image.captions[0].caption.log_probabilities;
  return logs.empty() ? std::numeric_limits<double>::infinity()
                      : std::accumulate(logs.begin(), logs.end(), 0.0) / static_cast<double>(logs.size());
}

std::vector<std::size_t> worst_first(const Gallery& gallery) {
  std::vector<std::size_t> order(gallery.images.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    const GalleryImage& image = gallery.images[i];
    return std::pair(image.score.value_or(std::numeric_limits<double>::infinity()), sureness(image));
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

}  // namespace

nlohmann::json gallery_json(const Gallery& gallery) {
  nlohmann::json images = nlohmann::json::array();
  for (const std::size_t place : worst_first(gallery)) {
    const GalleryImage& image = gallery.images[place];
    nlohmann::json captions = nlohmann::json::array();
    for (const auto& [how, caption] : image.captions)
      captions.push_back(
          {{"how", how}, {"words", caption.words}, {"log_probabilities", caption.log_probabilities}});
    nlohmann::json json{
        {"name", image.name}, {"place", place}, {"references", image.references}, {"captions", captions}};
    if (image.photo) json["photo"] = data_uri(*image.photo);
    if (image.score) json["score"] = *image.score;
    images.push_back(std::move(json));
  }
  nlohmann::json json{{"images", std::move(images)}};
  if (!gallery.score_name.empty()) json["score"] = gallery.score_name;
  return json;
}

std::string gallery_without_script(const Gallery& gallery) {
  std::vector<std::vector<std::string>> rows{{"image", "caption", "references"}};
  for (const std::size_t place : worst_first(gallery)) {
    const GalleryImage& image = gallery.images[place];
    std::string captions, references;
    for (const auto& [how, caption] : image.captions)
      captions += (captions.empty() ? "" : "; ") + how + ": " + caption.caption;
    for (const std::string& reference : image.references)
      references += (references.empty() ? "" : "; ") + reference;
    rows.push_back({image.name, captions, references});
  }
  return html_table(rows);
}

std::string gallery_page(const std::string& title, const std::string& subtitle, const Gallery& gallery,
                         std::size_t photos_left_out) {
  HtmlPage page;
  page.title = title;
  page.styles = {html::base_css, html::gallery_css};
  page.scripts = {html::base_js, html::gallery_js, html::gallery_page_js};
  page.data = {{"title", title},
               {"subtitle", subtitle},
               {"photos_left_out", photos_left_out},
               {"gallery", gallery_json(gallery)}};
  page.without_script = "<h1>" + html_text(title) +
                        "</h1>\n<p>With JavaScript this page shows photos and the " +
                        "probability of each word.</p>\n" + gallery_without_script(gallery);
  return html_page(page);
}

}  // namespace dlcore
