// Pictures in one folder for each class, as torchvision's ImageFolder wants them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore {

struct ClassFolder {
  struct Picture {
    std::string path;
    std::int32_t label = 0;
    std::string split;  // "train", "val", "test"; empty: nobody has said so
  };

  std::vector<std::string> class_names;  // the folders' names, in alphabetical order
  std::vector<Picture> pictures;         // by split, class and path
  std::int64_t others = 0;               // files that are no pictures by their names
};

/// FOLDER/CLASS/..., or FOLDER/train/CLASS/... and the same in val and test, where FOLDER/train has folders
/// in it. Pictures are .jpg, .jpeg and .png, in folders of any depth below a class; what begins with a dot is
/// not looked at. Error for a folder that is not there, one without classes, a class without pictures, and a
/// class in val or test that train does not have.
ClassFolder list_class_folder(const std::string& folder);

}  // namespace dlcore
