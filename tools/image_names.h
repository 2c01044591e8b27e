// Images by their names: a features file and a file of captions may know the same photo only by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dlcore {

/// Names are compared without folders: photos/dog.jpg and http://example.org/1/dog.jpg are both dog.jpg.
class ImageNames {
 public:
  /// `image` has the name, too; empty: nothing to add.
  void add(std::string_view name, std::size_t image);

  struct Found {
    std::size_t image = 0;   // one of those that have the name
    std::size_t images = 0;  // how many do
  };
  Found find(std::string_view name) const;

 private:
  std::unordered_map<std::string, Found> found_;
};

/// The ids that a captions file (io/caption_annotations.h) gives to images, by their file names and by their
/// addresses (COCO's flickr_url). Error for a name that it does not have, or that two of its images have.
std::vector<std::int64_t> annotated_ids(const std::vector<std::string>& names,
                                        const std::string& annotations);

}  // namespace dlcore
