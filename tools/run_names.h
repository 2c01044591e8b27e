// What a training run knows of the images in the features files of the CS231n layout.
#pragma once

#include <string>

namespace dlcore {

/// The text file with the images' names (data.train_urls, data.val_urls) that config.yaml beside the model
/// has for a features file. Empty where there is no such configuration, features file or text file: then the
/// names are not known.
std::string urls_of_run(const std::string& model, const std::string& features);

}  // namespace dlcore
