#include "tools/examples/prepare_classes.h"

#include <algorithm>
#include <thread>

#include "core/format.h"
#include "io/example_file.h"
#include "tools/examples/class_folder.h"
#include "tools/examples/validation_share.h"
#include "tools/ordered_pipeline.h"
#include "tools/progress.h"

namespace dlcore {

namespace {

struct ReadPicture {
  Image image;
  std::string problem;  // or why there is none
};

ReadPicture read_square(const std::string& path, const ClassesOptions& options) {
  try {
    return {make_square(read_image(path), options.size, options.fit), ""};
  } catch (const Error& error) {
    return {{}, error.what()};
  }
}

void share_out(ClassFolder& list, const ClassesOptions& options, ExampleReport& report) {
  const auto is_val = [](const ClassFolder::Picture& picture) { return picture.split == "val"; };
  if (std::any_of(list.pictures.begin(), list.pictures.end(), is_val)) return;
  std::vector<std::int32_t> labels;
  for (const auto& picture : list.pictures)
    labels.push_back(picture.split == "test" ? -1 : picture.label);  // test pictures stay where they are
  const std::vector<bool> chosen = choose_validation(labels, options.val_share, options.seed);
  for (std::size_t i = 0; i < list.pictures.size(); ++i)
    if (labels[i] >= 0) list.pictures[i].split = chosen[i] ? "val" : "train";
  report.notes.push_back(fmt::format("no validation pictures are named: a share of {} of each class is drawn",
                                     options.val_share));
}

}  // namespace

ExampleReport prepare_classes(const ClassesOptions& options) {
  require(options.size >= 1 && options.size <= 1024, "pictures cannot have {} pixels a side: 1 to 1024",
          options.size);
  ExampleReport report;
  ClassFolder list = list_class_folder(options.folder);
  share_out(list, options, report);
  if (list.others > 0)
    report.notes.push_back(
        fmt::format("{} files are no pictures by their names", readable_count(list.others)));
  const auto total = static_cast<std::int64_t>(list.pictures.size());
  const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
  const int threads = options.threads > 0 ? options.threads : static_cast<int>(processors);
  Progress progress(options.quiet ? Progress::Detail::lines_only : Progress::Detail::all);
  ExampleFileWriter writer(options.out, {.input_shape = {options.size, options.size, 3},
                                         .class_names = list.class_names,
                                         .creator = "dlcore_prepare classes"});
  OrderedPipeline<ReadPicture> pipeline(0, total, threads, 64 + 2 * threads, [&](std::int64_t i) {
    return read_square(list.pictures[static_cast<std::size_t>(i)].path, options);
  });
  std::vector<std::int64_t> trained(list.class_names.size(), 0);
  for (std::int64_t i = 0; i < total; ++i) {
    const ClassFolder::Picture& picture = list.pictures[static_cast<std::size_t>(i)];
    const ReadPicture read = pipeline.next();
    progress.show(i + 1, total, "pictures");
    if (!read.problem.empty()) {
      report.broken.push_back(read.problem);
      continue;
    }
    writer.add(picture.split, read.image.pixels, picture.label);
    if (picture.split == "train") ++trained[static_cast<std::size_t>(picture.label)];
  }
  for (std::size_t label = 0; label < trained.size(); ++label)
    if (trained[label] == 0)
      fail("no training picture of the class {} in {} can be read{}", list.class_names[label], options.folder,
           report.broken.empty() ? "" : ": " + report.broken.front());
  for (const std::string name : {"train", "val", "test"})
    if (writer.count(name) > 0) report.splits.emplace_back(name, writer.count(name));
  writer.finish();
  write_broken(report, options.out);
  report.classes = static_cast<std::int64_t>(list.class_names.size());
  report.inputs = fmt::format("pictures of {0} x {0} x 3 bytes", options.size);
  return report;
}

}  // namespace dlcore
