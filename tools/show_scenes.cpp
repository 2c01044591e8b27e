#include "tools/show_scenes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/image_resize.h"
#include "io/image_set.h"
#include "io/json_text.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_file.h"
#include "tools/scenes/scene_folder.h"
#include "tools/scenes/scene_painter.h"
#include "tools/scenes/thumbnails.h"

namespace dlcore {

namespace {

constexpr std::int64_t shown_side = 24;  // columns of blocks, and twice as many rows of a terminal as lines

struct Captioned {
  std::size_t row;  // of the scene in its file
  std::string caption;
};

struct Source {
  std::string name;  // for messages
  SceneAnnotations data;
  std::function<Image(const Scene&)> paint;
};

Source read_folder(const std::string& annotations) {
  return {annotations, read_scene_annotations(annotations),
          [](const Scene& scene) { return resize_image(paint_scene(scene, 128), shown_side, shown_side); }};
}

Image thumbnail(const Scene& scene) {
  const std::vector<float> values = paint_thumbnail(scene);  // (3, side, side)
  Image image{thumbnail_side, thumbnail_side, {}};
  for (std::size_t i = 0; i < values.size() / 3; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      image.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * values[c * values.size() / 3 + i])));
  return image;
}

Source read_data_file(const std::string& path, const std::string& split) {
  const ImageSet images = open_image_set(path, split);
  SceneAnnotations data{read_scenes(path, split), images.image_ids, images.file_names};
  require(static_cast<std::int64_t>(data.scenes.size()) == images.count(),
          "{} has {} scenes in the ground truth of {}, but {} images", path, data.scenes.size(), split,
          images.count());
  if (data.file_names.empty())
    for (const Scene& scene : data.scenes) data.file_names.push_back(fmt::format("scene {}", scene.index));
  return {fmt::format("split {} of {}", split, path), std::move(data), thumbnail};
}

std::vector<Captioned> read_captions(const std::string& path, const Source& source) {
  const std::vector<std::int64_t>& image_ids = source.data.image_ids;
  std::map<std::int64_t, std::size_t> rows;
  for (std::size_t row = 0; row < image_ids.size(); ++row) rows[image_ids[row]] = row;
  const nlohmann::json json = parse_json(read_file(path), path);
  require(json.is_array() && !json.empty(), "{} should be a list of captions in COCO's results format", path);
  std::vector<Captioned> captions;
  for (const auto& one : json) {
    const bool fits = one.is_object() && one.contains("image_id") && one["image_id"].is_number_integer() &&
                      one.contains("caption") && one["caption"].is_string();
    require(fits, "{}: entry {} should be {{\"image_id\": number, \"caption\": text}}, but is {}", path,
            captions.size(), to_text(one));
    const auto image = json_integer<std::int64_t>(one["image_id"], path + ": an image_id");
    const auto found = rows.find(image);
    require(found != rows.end(), "{}: entry {} is of image {}, which {} does not have", path, captions.size(),
            to_text(one["image_id"]), source.name);
    captions.push_back({found->second, one["caption"].get<std::string>()});
  }
  return captions;
}

std::string describe(const Scene& scene) {
  std::string text =
      fmt::format("{} background", scene_background_names()[static_cast<std::size_t>(scene.background)]);
  for (const SceneObject& object : scene.objects)
    text += fmt::format(", {} {} {} at x {:.2f} y {:.2f}",
                        scene_size_names()[static_cast<std::size_t>(object.size)],
                        scene_colour_names()[static_cast<std::size_t>(object.colour)],
                        scene_shape_names()[static_cast<std::size_t>(object.shape)], object.x, object.y);
  return text;
}

std::string verdict(std::optional<bool> truth) {
  return !truth ? "not a sentence that can be checked" : *truth ? "true" : "FALSE";
}

// Two rows of the picture in one line of text: an upper half block has its own colour and the background's.
std::string picture_line(const Image& picture, std::int64_t line) {
  std::string text;
  for (std::int64_t column = 0; column < picture.width; ++column) {
    const std::uint8_t* const top = picture.pixels.data() + 3 * (2 * line * picture.width + column);
    const std::uint8_t* const bottom = top + 3 * picture.width;
    text += fmt::format("\033[38;2;{};{};{};48;2;{};{};{}m\u2580", top[0], top[1], top[2], bottom[0],
                        bottom[1], bottom[2]);
  }
  return text + "\033[0m";
}

void print_scene(const Source& source, const Captioned& captioned, bool colour) {
  const auto& [row, caption] = captioned;
  const Scene& scene = source.data.scenes[row];
  const std::string& name = source.data.file_names[row];
  const std::string truth = verdict(caption_is_true(scene, caption));
  const std::string reference = scene_captions(scene).front();
  if (!colour) {
    fmt::print("{}: {}\n  caption    {}\n  it is      {}\n  reference  {}\n\n", name, describe(scene),
               caption, truth, reference);
    return;
  }
  const Image picture = source.paint(scene);
  const std::vector<std::string> beside{
      "", name, "", "caption    " + caption, "it is      " + truth, "reference  " + reference};
  for (std::int64_t line = 0; line < picture.height / 2; ++line) {
    const auto at = static_cast<std::size_t>(line);
    fmt::print("{}   {}\n", picture_line(picture, line), at < beside.size() ? beside[at] : "");
  }
  fmt::print("\n");
}

// How many captions pass.
struct Tally {
  std::size_t truths = 0, speak_of_two = 0, both = 0;

  void add(const Scene& scene, const std::string& caption) {
    const bool truth = caption_is_true(scene, caption).value_or(false);
    const bool two = scene.objects.size() < 2 || objects_mentioned(caption).value_or(0) >= 2;
    truths += truth;
    speak_of_two += two;
    both += truth && two;
  }
};

double percent(std::size_t count, std::size_t captions) {
  return 100.0 * static_cast<double>(count) / static_cast<double>(captions);
}

void print_table(const Tally& own, const Tally& next, std::size_t captions) {
  const auto line = [&](const char* name, std::size_t of_own, std::size_t of_next) {
    fmt::print("{:<34}{:>16.1f}%{:>16.1f}%\n", name, percent(of_own, captions), percent(of_next, captions));
  };
  fmt::print("{:<34}{:>17}{:>17}\n", "", "its own picture", "the next picture");
  line("true", own.truths, next.truths);
  line("speak of two where there are two", own.speak_of_two, next.speak_of_two);
  line("both", own.both, next.both);
}

}  // namespace

void show_scenes(const ShowScenesOptions& options) {
  const Source source = options.annotations.empty() ? read_data_file(options.file, options.split)
                                                    : read_folder(options.annotations);
  const std::vector<Scene>& scenes = source.data.scenes;
  const std::vector<Captioned> captions = read_captions(options.captions, source);
  const bool colour =
      options.picture == "colour" || (options.picture == "auto" && isatty(STDOUT_FILENO) == 1);
  std::size_t right = 0;
  std::size_t wrong = 0;
  Tally own, next;
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const auto& [row, caption] = captions[i];
    if (static_cast<std::int64_t>(i) < options.limit) print_scene(source, captions[i], colour);
    const auto truth = caption_is_true(scenes[row], caption);
    if (truth) ++(*truth ? right : wrong);
    own.add(scenes[row], caption);
    next.add(scenes[(row + 1) % scenes.size()], caption);
  }
  fmt::print("{} captions: {} true, {} false, {} that cannot be checked\n", captions.size(), right, wrong,
             captions.size() - right - wrong);
  print_table(own, next, captions.size());
  if (options.required <= 0) return;
  const double passed = percent(own.both, captions.size());
  const double of_next = percent(next.both, captions.size());
  require(passed >= options.required, "{}: {:.1f}% of the captions pass, {}% are required", options.captions,
          passed, options.required);
  require(of_next < options.required,
          "{}: {:.1f}% of the captions pass with the next picture too: they do not tell the pictures apart",
          options.captions, of_next);
}

}  // namespace dlcore
