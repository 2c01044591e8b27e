#include "io/image_set.h"

#include <numeric>
#include <utility>

#include "core/error.h"
#include "io/data_file.h"
#include "io/hdf5.h"
#include "io/layout.h"
#include "io/text_lines.h"

namespace dlcore {

ImageSet make_image_set(FeatureReader features) {
  require(features.count() > 0, "dataset {} of {} is empty: there are no images", features.dataset(),
          features.path());
  ImageSet set{std::move(features), {}, {}, "", true};
  set.image_ids.resize(static_cast<std::size_t>(set.count()));
  std::iota(set.image_ids.begin(), set.image_ids.end(), 0);
  return set;
}

void check_data_file(const Hdf5File& file) {
  const auto format = file.text_attribute("format");
  require(format == data_file_format,
          "{} is not a dlcore data file: its attribute format should be \"{}\", but {}", file.path(),
          data_file_format, format ? fmt::format("is \"{}\"", *format) : "is missing");
  const std::string version = file.text_attribute("version").value_or("");
  require(version == data_file_version,
          "{} has version \"{}\" of the data format; this program reads version {}", file.path(), version,
          data_file_version);
}

ImageSet open_data_file_images(const Hdf5File& file, const std::string& split,
                               FeatureReader::Options options) {
  require(file.contains(split), "{} has no split {}", file.path(), split);
  const std::string name = split + (options.pictures ? "/images" : "/features");
  require(file.contains(name) || !options.pictures,
          "{} has no stored pictures in its split {}: dlcore_prepare coco stores them with --store-images",
          file.path(), split);
  require(file.contains(name) || !file.contains(split + "/images"),
          "{} has stored pictures in its split {}, but no features: features are made by dlcore_prepare coco "
          "with "
          "--encoder",
          file.path(), split);
  ImageSet set = make_image_set(FeatureReader(file.path(), name, options));
  const auto check_length = [&](const Hdf5Dataset& dataset, std::size_t length) {
    require(dataset.shape().rank() == 1 && static_cast<std::int64_t>(length) == set.count(),
            "{} has the shape {}, but there are {} images", dataset.where(), to_string(dataset.shape()),
            set.count());
  };
  if (file.contains(split + "/image_ids")) {
    const Hdf5Dataset ids = file.dataset(split + "/image_ids");
    set.image_ids = ids.read_int64();
    set.ids_are_rows = false;
    check_length(ids, set.image_ids.size());
  }
  if (file.contains(split + "/file_names")) {
    const Hdf5Dataset names = file.dataset(split + "/file_names");
    set.file_names = names.read_text();
    check_length(names, set.file_names.size());
  }
  set.features_description = file.text_attribute(options.pictures ? "images" : "features").value_or("");
  return set;
}

ImageSet open_image_set(const std::string& path, const std::string& split, FeatureReader::Options options) {
  const Hdf5File file = Hdf5File::open(path);
  if (options.pictures || file.text_attribute("format")) {
    check_data_file(file);
    return open_data_file_images(file, split, options);
  }
  return make_image_set(FeatureReader(path, "features", options));
}

void name_images(ImageSet& images, const std::string& urls) {
  images.file_names = read_lines(urls);
  require(static_cast<std::int64_t>(images.file_names.size()) == images.count(),
          "{} has {} lines, but {} has features of {} images", urls, images.file_names.size(),
          images.features.path(), images.count());
}

}  // namespace dlcore
