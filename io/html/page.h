// Web pages in one file: styles, scripts and data are inside, so that a page can be read without a network
// and sent to somebody.
//
// Captions, file names and the like are put in as data only: as JSON in which no "<" is left, from which the
// page's script makes text nodes. The page's Content-Security-Policy lets it fetch nothing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dlcore {

struct HtmlPage {
  std::string title;                              // any text
  std::vector<std::string_view> styles, scripts;  // of io/html/assets.h, in order
  nlohmann::json data;                            // what the scripts get from pageData()
  std::string without_script;                     // HTML for readers without JavaScript
};

/// The whole file.
std::string html_page(const HtmlPage& page);

/// Text as HTML has it, in an element or a quoted attribute. What is no UTF-8 becomes U+FFFD.
std::string html_text(std::string_view text);

/// A table of texts, the first row being its head: for HtmlPage::without_script.
std::string html_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace dlcore
