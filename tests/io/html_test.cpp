// Pages that need nothing but themselves, and in which hostile text stays text.
#include "io/html/page.h"

#include <algorithm>

#include "core/random.h"
#include "io/atomic_file.h"
#include "io/html/assets.h"
#include "io/html/gallery.h"
#include "tests/catch.h"
#include "tests/html_pages.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

Image noise(std::int64_t height, std::int64_t width, std::uint64_t seed) {
  Random random(seed);
  Image image{height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * height * width))};
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random.uniform() * 255);
  return image;
}

GalleryCaption caption(const std::string& how, const std::vector<std::string>& words,
                       const std::vector<double>& logs) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return {how, {text, 0, words, logs}};
}

std::vector<std::string> names_of(const Gallery& gallery) {
  std::vector<std::string> names;
  const auto json = gallery_json(gallery);
  for (const auto& image : json.at("images")) names.push_back(image.at("name").get<std::string>());
  return names;
}

}  // namespace

TEST_CASE("html: the compiled-in files are those of the folder") {
  const std::pair<std::string, std::string_view> files[] = {
      {"page.html", html::page_html},   {"base.css", html::base_css},
      {"base.js", html::base_js},       {"gallery.css", html::gallery_css},
      {"gallery.js", html::gallery_js}, {"gallery_page.js", html::gallery_page_js},
      {"charts.css", html::charts_css}, {"charts.js", html::charts_js},
      {"report.css", html::report_css}, {"report.js", html::report_js}};
  for (const auto& [name, text] : files) {
    INFO(name);
    CHECK((read_file(std::string(DLCORE_TEST_SOURCE) + "/io/html/" + name) == text));
    CHECK(text.size() > 300);
  }
}

TEST_CASE("html: text is escaped") {
  CHECK(html_text("a < b & c > \"d\" 'e'") == "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;");
  CHECK(html_text("\xC3\xA9 \xFF.") == "\xC3\xA9 \xEF\xBF\xBD.");
  CHECK(html_table({{"<a>"}, {"&"}}) ==
        "<table>\n<tr><th>&lt;a&gt;</th></tr>\n<tr><td>&amp;</td></tr>\n</table>\n");
}

TEST_CASE("html: a page is its parts, each as it is") {
  HtmlPage page;
  page.title = "{{data}} <title>";
  page.styles = {"body { color: red }\n"};
  page.scripts = {"let a = 1;\n", "let b = '{{title}}';\n"};
  page.data = {{"text", "{{scripts}} </script>"}};
  page.without_script = "<p>nothing</p>";
  const std::string text = html_page(page);
  CHECK(text.starts_with("<!doctype html>"));
  CHECK(text.find("<title>{{data}} &lt;title&gt;</title>") != std::string::npos);
  CHECK(text.find("<style>\nbody { color: red }\n</style>") != std::string::npos);
  CHECK(text.find("<script>\nlet a = 1;\nlet b = '{{title}}';\n</script>") != std::string::npos);
  CHECK(text.find("<noscript><p>nothing</p></noscript>") != std::string::npos);
  CHECK(page_data(text).at("text").get<std::string>() == "{{scripts}} </script>");
  CHECK(outside_resources(text) == "");
}

TEST_CASE("html: the tests see what a page would fetch") {
  CHECK(outside_resources("<img src=\"https://host/a.png\">") != "");
  CHECK(outside_resources("<link href=//host/a.css>") != "");
  CHECK(outside_resources("a { background: url(a.png) }") != "");
  CHECK(outside_resources("@import 'a.css'") != "");
  CHECK(outside_resources("<script src='a.js'></script>") != "");
  CHECK(outside_resources("fetch('a.json')") != "");
}

TEST_CASE("html: hostile names and captions are data, never markup") {
  const std::string hostile[] = {"</script><script>alert(1)</script>",
                                 "<!--<script>",
                                 "<img src=x onerror=y>",
                                 "]]></SCRIPT >",
                                 "\" onload=\"z",
                                 "a\nb\x01\xFE"};
  for (const std::string& text : hostile) {
    INFO(text);
    Gallery gallery{text, {{.name = text}}};
    gallery.images[0].references = {text};
    gallery.images[0].captions = {caption(text, {text}, {-0.5})};
    gallery.images[0].score = 1;
    const std::string page = gallery_page(text, text, gallery);
    CHECK(tags(page) == tags(gallery_page("a", "b", Gallery{"c", {{.name = "d"}}})));
    if (text.back() == '\xFE') continue;
    const auto data = page_data(page);
    const auto& image = data.at("gallery").at("images").at(0);
    CHECK(data.at("title").get<std::string>() == text);
    CHECK(image.at("name").get<std::string>() == text);
    CHECK(image.at("references").at(0).get<std::string>() == text);
    CHECK(image.at("captions").at(0).at("words").at(0).get<std::string>() == text);
  }
}

TEST_CASE("gallery: the worst come first") {
  Gallery gallery{"CIDEr-D", {}};
  const std::pair<double, double> scores_and_logs[] = {{2, -1}, {0.5, -1}, {0.5, -3}, {0, -0.1}, {1, -9}};
  for (const auto& [score, log] : scores_and_logs) {
    GalleryImage image{.name = std::to_string(gallery.images.size())};
    image.score = score;
    image.captions = {caption("greedy", {"a", "<END>"}, {log, log}), caption("beam 3", {"b"}, {-100})};
    gallery.images.push_back(image);
  }
  CHECK(names_of(gallery) == std::vector<std::string>{"3", "2", "1", "4", "0"});
  CHECK(gallery_json(gallery).at("images").at(0).at("place").get<int>() == 3);
  const std::string plain = gallery_without_script(gallery);
  CHECK(plain.find("<td>3</td>") < plain.find("<td>2</td>"));
  // Without scores those that the model is least sure of: by word, not by caption.
  gallery.score_name = "";
  for (auto& image : gallery.images) image.score.reset();
  gallery.images[3].captions[0] = caption("greedy", std::vector<std::string>(50, "a"), std::vector(50, -0.2));
  CHECK(names_of(gallery) == std::vector<std::string>{"4", "2", "0", "1", "3"});
  CHECK_FALSE(gallery_json(gallery).contains("score"));
}

TEST_CASE("gallery: captions have words and probabilities, photos are inside") {
  Gallery gallery{"", {{.name = "dog.jpg"}}};
  gallery.images[0].photo = make_thumbnail(noise(10, 20, 1));
  gallery.images[0].captions = {caption("greedy", {"a", "dog", "<END>"}, {-0.25, -1, -0.5})};
  gallery.images[0].references = {"a black dog"};
  const std::string page = gallery_page("title", "subtitle", gallery, 3);
  CHECK(outside_resources(page) == "");
  const auto data = page_data(page);
  CHECK(data.at("photos_left_out").get<int>() == 3);
  const auto& image = data.at("gallery").at("images").at(0);
  CHECK(image.at("photo").get<std::string>() == data_uri(*gallery.images[0].photo));
  CHECK(image.at("captions").at(0).at("words").get<std::vector<std::string>>() ==
        std::vector<std::string>{"a", "dog", "<END>"});
  CHECK(image.at("captions").at(0).at("log_probabilities").get<std::vector<double>>() ==
        std::vector<double>{-0.25, -1, -0.5});
  for (const std::string part :
       {"<noscript>", "<td>dog.jpg</td><td>greedy: a dog &lt;END&gt;</td>", "a black dog"})
    CHECK(page.find(part) != std::string::npos);
}

TEST_CASE("thumbnail: the longer side is brought down, nothing is enlarged") {
  const auto check = [](std::int64_t height, std::int64_t width, std::int64_t small_height,
                        std::int64_t small_width, const std::string& type) {
    INFO(height << " x " << width);
    const Thumbnail thumbnail = make_thumbnail(noise(height, width, 2));
    CHECK(thumbnail.height == small_height);
    CHECK(thumbnail.width == small_width);
    const std::string uri = data_uri(thumbnail);
    CHECK(uri.starts_with("data:image/" + type + ";base64,"));
    const Image back = decode_image(std::as_bytes(std::span(thumbnail.bytes)), "a thumbnail");
    CHECK(back.height == small_height);
    CHECK(back.width == small_width);
  };
  check(448, 300, 224, 150, "jpeg");
  check(300, 448, 150, 224, "jpeg");
  check(224, 100, 224, 100, "jpeg");
  check(64, 65, 64, 65, "jpeg");
  check(64, 64, 64, 64, "png");
  check(1, 1, 1, 1, "png");
  check(1000, 1, 224, 1, "jpeg");
}
