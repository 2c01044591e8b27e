// The files of this folder, compiled in (tools/cmake/embed_text.cmake). Internal to io, models and tools.
#pragma once

#include <string_view>

namespace dlcore::html {

extern const std::string_view page_html;  // what every page is put into
extern const std::string_view base_css, base_js;
extern const std::string_view gallery_css, gallery_js;  // captions with probabilities; they need base_*
extern const std::string_view gallery_page_js;
extern const std::string_view charts_css, charts_js;  // they need base_*
extern const std::string_view report_css, report_js;  // they need all of the above but gallery_page

}  // namespace dlcore::html
