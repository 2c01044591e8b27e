// What tests ask of a page.
#pragma once

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace dlcore::test {

/// The data that a page's scripts get.
inline nlohmann::json page_data(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const auto at = page.find(begin);
  if (at == std::string::npos) throw std::runtime_error("the page has no data");
  const auto from = at + begin.size();
  return nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
}

/// How often what a parser of HTML may take for a script's begin, end or a comment is in a page.
inline std::vector<std::ptrdiff_t> tags(std::string page) {
  std::transform(page.begin(), page.end(), page.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::vector<std::ptrdiff_t> counts;
  for (const std::string tag : {"<script", "</script", "<!--", "<img", "<noscript", "</noscript"}) {
    counts.push_back(0);
    for (auto at = page.find(tag); at != std::string::npos; at = page.find(tag, at + 1)) ++counts.back();
  }
  return counts;
}

/// Empty where a page needs nothing but itself; else what it would fetch.
inline std::string outside_resources(const std::string& page) {
  std::string found;
  // The name of SVG's elements is an address, but is never fetched.
  const std::string svg = "http://www.w3.org/2000/svg";
  for (auto at = page.find("://"); at != std::string::npos; at = page.find("://", at + 1)) {
    const std::string around = page.substr(at < 10 ? 0 : at - 10, 60);
    if (around.find(svg) == std::string::npos) found += around + "\n";
  }
  for (const std::string way :
       {"@import", "url(", "fetch(", "XMLHttpRequest", "src=\"//", "href=//", "href=\"//", "<script src"}) {
    const auto at = page.find(way);
    // A clip path's address is a part of the drawing.
    if (at != std::string::npos && page.substr(at, 5) != "url(#") found += page.substr(at, 60) + "\n";
  }
  return found;
}

}  // namespace dlcore::test
