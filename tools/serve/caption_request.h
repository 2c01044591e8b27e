// POST /caption: what a request asks for.
#pragma once

#include <string>
#include <vector>

#include "io/vocabulary.h"
#include "tools/serve/caption_service.h"
#include "tools/serve/http_message.h"
#include "tools/serve/limits.h"

namespace dlcore {

/// Types that the picture may have as the body itself.
bool is_picture_type(const std::string& content_type);

/// Options by name and value, as dlcore_caption has them without the dashes: beam=5, sample= or sample=true.
/// The log-probabilities are always asked for. Throws Error for what dlcore_caption would refuse, and for
/// what costs more than the limits allow.
RequestedDecoding parse_decoding(const NamedTexts& options, const Vocabulary& vocabulary,
                                 const ServeLimits& limits);

/// The picture is the body, or the form's part with a file name; options are the query's and the form's other
/// fields, and `name` among them is the picture's. Throws Error for a form without a picture and for wrong
/// options.
CaptionRequest read_caption_request(HttpRequest request, const Vocabulary& vocabulary,
                                    const ServeLimits& limits);

}  // namespace dlcore
