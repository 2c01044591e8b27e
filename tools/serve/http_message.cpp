#include "tools/serve/http_message.h"

#include "io/json_text.h"

namespace dlcore {

HttpResponse error_response(int status, const std::string& sentence, NamedTexts headers) {
  return {status, "application/json", to_text({{"error", sentence}}) + "\n", std::move(headers)};
}

}  // namespace dlcore
