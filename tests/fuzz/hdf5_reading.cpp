#include "tests/fuzz/hdf5_reading.h"

#include <hdf5.h>
#include <pthread.h>

#include <fstream>

#include "core/error.h"
#include "io/caption_data.h"
#include "io/example_data.h"
#include "io/hdf5.h"
#include "io/hdf5_internal.h"
#include "io/image_set.h"
#include "tests/fuzz/target.h"
#include "tests/temporary_directory.h"

#if defined(__SANITIZE_ADDRESS__)
#define DLCORE_FUZZ_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DLCORE_FUZZ_ADDRESS_SANITIZER
#endif
#endif
#ifdef DLCORE_FUZZ_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

namespace dlcore::fuzz {
namespace {

// The process that tries a file (io/hdf5_trial.h) may die of it: that is no finding.
int expect_death_of_children() {
#ifdef DLCORE_FUZZ_ADDRESS_SANITIZER
  return pthread_atfork(nullptr, nullptr, [] { __sanitizer_set_death_callback(nullptr); });
#else
  return 0;
#endif
}

// The first and the last rows, all where there are few.
void read_rows(const FeatureReader& features) {
  std::vector<std::int64_t> rows;
  const std::int64_t few =
      std::max<std::int64_t>(1, std::min<std::int64_t>(8, (1 << 20) / features.row_size()));
  for (std::int64_t row = 0; row < features.count() && row < few; ++row) rows.push_back(row);
  for (std::int64_t row = std::max(few, features.count() - few); row < features.count(); ++row)
    rows.push_back(row);
  std::vector<float> values(rows.size() * static_cast<std::size_t>(features.row_size()));
  features.read(rows, values.data());
  touch_all(values);
}

void use(const CaptionData& data, const std::string& split) {
  const CaptionSplit& one = data.split(split);
  expect(one.count() > 0 && one.length >= 2 && one.images.count() > 0, "an empty split");
  for (std::int64_t i = 0; i < one.count(); ++i) data.vocabulary().decode(one.caption(i));
  for (const std::int32_t image : one.image_idxs)
    expect(image >= 0 && image < one.images.count(), "an image index out of range");
  read_rows(one.images.features);
}

void read_dataset(const Hdf5Dataset& dataset) {
  accepted([&] { dataset.text_attribute("bfloat16"); });
  accepted([&] {
    switch (dataset.type().kind) {
      case Hdf5Type::Kind::integer:
        touch_all(dataset.read_int64());
        accepted([&] { touch_all(dataset.read_int32()); });
        break;
      case Hdf5Type::Kind::floating:
        touch_all(dataset.read_float());
        break;
      default:
        for (const std::string& text : dataset.read_text()) touch_all(text);
    }
  });
}

// For captions in CS231n's layout, whose words are a file of their own.
std::string vocabulary() {
  static const test::TemporaryDirectory folder;
  std::string path = folder.file("words.json");
  static const bool written = [&] {
    std::ofstream file(path);
    file << R"({"idx_to_word": ["<NULL>", "<START>", "<END>", "<UNK>", "a", "b", "c", "d"]})";
    return file.good();
  }();
  expect(written, "cannot write " + path);
  return path;
}

// All that the readers make of a file; `words`: a vocabulary.
void read_all(const std::string& path, const std::string& words) {
  FeatureReader::Options options;
  options.cache_bytes = 1 << 16;
  for (const bool pictures : {false, true}) {
    options.pictures = pictures;
    accepted([&] { use(CaptionData::open_file(path, {"train"}, options), "train"); });
    accepted([&] { read_rows(open_image_set(path, "train", options).features); });
  }
  accepted([&] {
    const Cs231nFiles files{.captions = path,
                            .vocabulary = words,
                            .train_features = path,
                            .val_features = {},
                            .train_urls = {},
                            .val_urls = {}};
    use(CaptionData::open_cs231n(files, {"train"}), "train");
  });
  accepted([&] {
    const ExampleData data = ExampleData::open(path, {"train"}, options);
    const ExampleSplit& split = data.split("train");
    expect(split.count() > 0, "an empty split");
    touch_all(split.labels);
    touch_all(split.values);
    read_rows(split.inputs);
  });
  accepted([&] {
    const Hdf5File file = Hdf5File::open(path);
    for (const char* const name : {"format", "vocabulary", "features"})
      accepted([&] { file.text_attribute(name); });
    int most = 16;
    for (const std::string& name : file.dataset_names())
      if (--most >= 0) accepted([&] { read_dataset(file.dataset(name)); });
  });
}

}  // namespace

void read_hdf5(const std::string& path) {
  // The library gives memory back at once, so that AddressSanitizer knows what is in use.
  static const herr_t no_lists = H5set_free_list_limits(0, 0, 0, 0, 0, 0);
  expect(no_lists >= 0, "the HDF5 library keeps its lists");
  static const int children = expect_death_of_children();
  expect(children == 0, "no handler for children");
  // One process tries it all: forking under AddressSanitizer takes 30 ms, and each call would need its own.
  // Where that process dies, the calls are tried one by one, which tells a death in dlcore from one in the
  // library.
  const std::string words = vocabulary();
  const Hdf5Lock lock;
  try {
    tried(path, [&] { read_all(path, words); });
  } catch (const Error&) {
    read_all(path, words);
  }
}

}  // namespace dlcore::fuzz
