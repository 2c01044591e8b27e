#include "tools/serve/http_form.h"

#include <memory>

namespace dlcore {
namespace {

struct Form {
  std::vector<FormPart> parts;
};

constexpr std::size_t most_parts = 64;

// Called with each piece of a part; `offset` is 0 for its first one.
MHD_Result take_piece(void* form, MHD_ValueKind, const char* name, const char* file_name, const char*,
                      const char*, const char* data, std::uint64_t offset, std::size_t size) {
  auto& parts = static_cast<Form*>(form)->parts;
  if (offset == 0) {
    if (parts.size() == most_parts) return MHD_NO;
    parts.push_back({name == nullptr ? "" : name, file_name == nullptr ? "" : file_name, {}});
  }
  if (parts.empty()) return MHD_NO;
  if (size > 0) parts.back().content.append(data, size);
  return MHD_YES;
}

}  // namespace

std::optional<std::vector<FormPart>> parse_form(MHD_Connection* connection, const std::string& body) {
  Form form;
  MHD_PostProcessor* const processor = MHD_create_post_processor(connection, 1 << 16, take_piece, &form);
  if (processor == nullptr) return std::nullopt;  // no boundary
  const bool taken = MHD_post_process(processor, body.data(), body.size()) == MHD_YES;
  const bool ended = MHD_destroy_post_processor(processor) == MHD_YES;
  if (!taken || !ended) return std::nullopt;
  return std::move(form.parts);
}

}  // namespace dlcore
