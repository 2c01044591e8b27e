#include "tools/show_scenes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <vector>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/image_set.h"
#include "io/json_text.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_file.h"

namespace dlcore {

namespace {

struct Captioned {
  std::size_t row;  // of the scene in its split
  std::string caption;
};

std::vector<Captioned> read_captions(const ShowScenesOptions& options, const ImageSet& images) {
  std::map<std::int64_t, std::size_t> rows;
  for (std::size_t row = 0; row < images.image_ids.size(); ++row) rows[images.image_ids[row]] = row;
  const nlohmann::json json = parse_json(read_file(options.captions), options.captions);
  require(json.is_array() && !json.empty(), "{} should be a list of captions in COCO's results format",
          options.captions);
  std::vector<Captioned> captions;
  for (const auto& one : json) {
    const bool fits = one.is_object() && one.contains("image_id") && one["image_id"].is_number_integer() &&
                      one.contains("caption") && one["caption"].is_string();
    require(fits, "{}: entry {} should be {{\"image_id\": number, \"caption\": text}}, but is {}",
            options.captions, captions.size(), to_text(one));
    const auto found = rows.find(one["image_id"].get<std::int64_t>());
    require(found != rows.end(), "{}: entry {} is of image {}, which split {} of {} does not have",
            options.captions, captions.size(), to_text(one["image_id"]), options.split, options.file);
    captions.push_back({found->second, one["caption"].get<std::string>()});
  }
  return captions;
}

std::string describe(const Scene& scene) {
  std::string text =
      fmt::format("{} background", scene_background_names()[static_cast<std::size_t>(scene.background)]);
  for (const SceneObject& object : scene.objects)
    text += fmt::format(", {} {} {} at x {} y {}", scene_size_names()[static_cast<std::size_t>(object.size)],
                        scene_colour_names()[static_cast<std::size_t>(object.colour)],
                        scene_shape_names()[static_cast<std::size_t>(object.shape)], object.x, object.y);
  return text;
}

std::string verdict(std::optional<bool> truth) {
  return !truth ? "not a sentence that can be checked" : *truth ? "true" : "FALSE";
}

// Two rows of the picture (3, side, side) in one line of text: an upper half block has its own colour and the
// background's.
std::string picture_line(const std::vector<float>& picture, int line) {
  const auto level = [&](int channel, int row, int column) {
    const auto at = static_cast<std::size_t>((channel * scene_side + row) * scene_side + column);
    return static_cast<int>(255 * picture[at] + 0.5F);
  };
  std::string text;
  for (int column = 0; column < scene_side; ++column) {
    const int top = 2 * line;
    const int bottom = top + 1;
    text += fmt::format("\033[38;2;{};{};{};48;2;{};{};{}m\u2580", level(0, top, column),
                        level(1, top, column), level(2, top, column), level(0, bottom, column),
                        level(1, bottom, column), level(2, bottom, column));
  }
  return text + "\033[0m";
}

void print_scene(const Scene& scene, const std::string& name, const Captioned& captioned,
                 const ImageSet& images, bool colour) {
  const std::string truth = verdict(caption_is_true(scene, captioned.caption));
  const std::string reference = scene_captions(scene).front();
  if (!colour) {
    fmt::print("{}: {}\n  caption    {}\n  it is      {}\n  reference  {}\n\n", name, describe(scene),
               captioned.caption, truth, reference);
    return;
  }
  std::vector<float> picture(scene_values);
  const std::vector<std::int64_t> row{static_cast<std::int64_t>(captioned.row)};
  images.features.read(row, picture.data());
  const std::vector<std::string> beside{
      "", name, "", "caption    " + captioned.caption, "it is      " + truth, "reference  " + reference};
  for (int line = 0; line < scene_side / 2; ++line) {
    const auto at = static_cast<std::size_t>(line);
    fmt::print("{}   {}\n", picture_line(picture, line), at < beside.size() ? beside[at] : "");
  }
  fmt::print("\n");
}

}  // namespace

void show_scenes(const ShowScenesOptions& options) {
  const ImageSet images = open_image_set(options.file, options.split);
  require(images.features.row_shape() == Shape({scene_channels, scene_side, scene_side}),
          "{} has features {}, but pictures of scenes are {}", options.file,
          to_string(images.features.row_shape()), to_string(Shape{scene_channels, scene_side, scene_side}));
  const std::vector<Scene> scenes = read_scenes(options.file, options.split);
  require(static_cast<std::int64_t>(scenes.size()) == images.count(),
          "{} has {} scenes in the ground truth of {}, but {} images", options.file, scenes.size(),
          options.split, images.count());
  const std::vector<Captioned> captions = read_captions(options, images);

  const bool colour =
      options.picture == "colour" || (options.picture == "auto" && isatty(STDOUT_FILENO) == 1);
  std::size_t right = 0;
  std::size_t wrong = 0;
  std::size_t right_elsewhere = 0;
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const Captioned& one = captions[i];
    const Scene& scene = scenes[one.row];
    if (static_cast<std::int64_t>(i) < options.limit) {
      const std::string name =
          images.file_names.empty() ? fmt::format("scene {}", scene.index) : images.file_names[one.row];
      print_scene(scene, name, one, images, colour);
    }
    const auto truth = caption_is_true(scene, one.caption);
    if (truth) ++(*truth ? right : wrong);
    right_elsewhere += caption_is_true(scenes[(one.row + 1) % scenes.size()], one.caption).value_or(false);
  }
  const auto share = [&](std::size_t count) {
    return fmt::format("{:.1f}%", 100.0 * static_cast<double>(count) / static_cast<double>(captions.size()));
  };
  fmt::print("{} captions: {} true ({}), {} false, {} that cannot be checked\n", captions.size(), right,
             share(right), wrong, captions.size() - right - wrong);
  fmt::print("of the next scene in the file, {} of them would be true\n", share(right_elsewhere));
}

}  // namespace dlcore
