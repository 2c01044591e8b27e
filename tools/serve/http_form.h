// Bodies of the type multipart/form-data.
#pragma once

#include <microhttpd.h>

#include <optional>
#include <string>
#include <vector>

#include "tools/serve/http_message.h"

namespace dlcore {

/// The parts of a connection's whole body; nothing where it is damaged.
std::optional<std::vector<FormPart>> parse_form(MHD_Connection* connection, const std::string& body);

}  // namespace dlcore
