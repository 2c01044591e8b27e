// What reading images and reading captions share of the two layouts. Internal to io.
#pragma once

#include <string>

#include "io/hdf5.h"
#include "io/image_set.h"

namespace dlcore {

/// Images that are numbered by their rows. Error when there are none.
ImageSet make_image_set(FeatureReader features);

/// Error unless the file is a dlcore data file of a version that this program reads.
void check_data_file(const Hdf5File& file);
ImageSet open_data_file_images(const Hdf5File& file, const std::string& split,
                               FeatureReader::Options options);

}  // namespace dlcore
