#include "io/html/page.h"

#include "core/error.h"
#include "io/html/assets.h"
#include "io/json_text.h"

namespace dlcore {
namespace {

std::string joined(const std::vector<std::string_view>& parts) {
  std::string text;
  for (const auto part : parts) text += part;
  return text;
}

// JSON for a <script>: a "<" could begin its end tag or a comment.
std::string json_without_tags(const nlohmann::json& data) {
  const std::string json = to_text(data);
  std::string text;
  text.reserve(json.size() + json.size() / 16);
  for (const char c : json)
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  return text;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string escaped;
  for (const char c : as_utf8(text)) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '"')
      escaped += "&quot;";
    else if (c == '\'')
      escaped += "&#39;";
    else
      escaped += c;
  }
  return escaped;
}

std::string html_table(const std::vector<std::vector<std::string>>& rows) {
  std::string text = "<table>\n";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::string tag = r == 0 ? "th" : "td";
    text += "<tr>";
    for (const auto& cell : rows[r]) text += "<" + tag + ">" + html_text(cell) + "</" + tag + ">";
    text += "</tr>\n";
  }
  return text + "</table>\n";
}

std::string html_page(const HtmlPage& page) {
  const std::pair<std::string_view, std::string> parts[] = {{"title", html_text(page.title)},
                                                            {"styles", joined(page.styles)},
                                                            {"without_script", page.without_script},
                                                            {"data", json_without_tags(page.data)},
                                                            {"scripts", joined(page.scripts)}};
  // In one pass over the template: what a part has in it is not looked at again.
  std::string text;
  std::string_view rest = html::page_html;
  for (auto open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
    const auto close = rest.find("}}", open);
    const std::string_view name = rest.substr(open + 2, close - open - 2);
    text += rest.substr(0, open);
    const auto* part = std::find_if(std::begin(parts), std::end(parts),
                                    [&](const auto& each) { return each.first == name; });
    require(part != std::end(parts), "page.html has no part {}", name);
    text += part->second;
    rest.remove_prefix(close + 2);
  }
  return text.append(rest);
}

}  // namespace dlcore
