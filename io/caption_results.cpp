#include "io/caption_results.h"

#include "io/atomic_file.h"
#include "io/json_text.h"

namespace dlcore {

void write_caption_results(const std::string& path, const std::vector<CaptionResult>& results) {
  std::string text = "[";
  for (const CaptionResult& result : results) {  // one result per line, keys in COCO's order
    if (text.size() > 1) text += ",\n ";
    text += "{\"image_id\": " + std::to_string(result.image_id) +
            ", \"caption\": " + to_text(result.caption) + "}";
  }
  write_file_atomically(path, text + "]\n");
}

}  // namespace dlcore
