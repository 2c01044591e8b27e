#include "tools/scenes/scene_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "core/cpu.h"
#include "core/error.h"
#include "io/atomic_file.h"
#include "io/image_write.h"
#include "io/json_text.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_json.h"
#include "tools/scenes/scene_painter.h"

namespace dlcore {

namespace fs = std::filesystem;

namespace {

constexpr const char* description = "dlcore scenes";

// A folder that appears under its name when it is complete.
class NewFolder {
 public:
  explicit NewFolder(const std::string& path) : path_(path) {
    require(!path.empty(), "cannot write a folder without a name");
    std::error_code error;
    path_ = fs::weakly_canonical(path_, error);  // a link's target is replaced, not the link
    if (error) fail("cannot write {}: {}", path, error.message());
    if (path_.filename().empty()) path_ = path_.parent_path();  // it ended with a slash
    check_old();
    temporary_ = fmt::format("{}.{}.tmp", path_.string(), getpid());
    make(temporary_);
  }
  ~NewFolder() {
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  void make_part(const std::string& name) const { make(temporary_ / name); }

  // Without a sync, which takes longer than to paint a picture: commit() does it for all.
  void write(const fs::path& name, const std::string& contents) const {
    std::ofstream file(temporary_ / name, std::ios::binary);
    file.write(contents.data(), static_cast<std::streamsize>(contents.size()));
    file.close();
    require(file.good(), "cannot write {}: {}", (path_ / name).string(), std::strerror(errno));
  }

  void commit() {
    check_old();  // it may have changed meanwhile
    const int descriptor = ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || ::syncfs(descriptor) != 0)
      fail("cannot write {}: {}", path_.string(), std::strerror(errno));
    ::close(descriptor);
    const fs::path old = temporary_.string() + ".old";
    std::error_code error;
    std::error_code ignored;
    const bool replaces = fs::exists(path_, ignored);
    if (replaces) fs::rename(path_, old, error);
    if (!error) {
      fs::rename(temporary_, path_, error);
      if (error && replaces) fs::rename(old, path_, ignored);
    }
    if (error) fail("cannot write {}: {}", path_.string(), error.message());
    fs::remove_all(old, ignored);
  }

 private:
  // What is there already must be scenes and nothing else.
  void check_old() const {
    std::error_code error;
    const fs::file_status status = fs::status(path_, error);
    if (!fs::exists(status)) return;
    require(fs::is_directory(status), "cannot write {}: it is a file, and should be a folder",
            path_.string());
    for (const auto& entry : fs::directory_iterator(path_, error)) {
      const std::string name = entry.path().filename().string();
      const bool ours = name == "train" || name == "val" || name == "train.json" || name == "val.json";
      require(ours, "cannot write {}: there is {} in it, which is not a part of scenes; name another folder",
              path_.string(), name);
    }
    if (error) fail("cannot write {}: {}", path_.string(), error.message());
    if (fs::is_empty(path_, error)) return;
    const std::string annotations = (path_ / "train.json").string();
    const nlohmann::json json = parse_json(read_file(annotations), annotations);
    const bool scenes = json.is_object() && json.contains("info") && json["info"].is_object() &&
                        json["info"].value("description", nlohmann::json()) == description;
    require(scenes, "cannot write {}: it holds other captions than those of scenes; name another folder",
            path_.string());
  }

  void make(const fs::path& folder) const {
    std::error_code error;
    if (!fs::create_directory(folder, error) || error)
      fail("cannot write {}: {}", path_.string(),
           error ? error.message() : "a folder of that name is in the way");
  }

  fs::path path_, temporary_;
};

// f(0) to f(count - 1), on several threads. The first exception ends it.
void in_parallel(std::int64_t count, const std::function<void(std::int64_t)>& f) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::atomic_flag failed;
  const auto work = [&] {
    for (std::int64_t i = next++; i < count; i = next++) try {
        f(i);
      } catch (...) {
        if (!failed.test_and_set()) failure = std::current_exception();
        next = count;
      }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < cpu_threads(); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

const char* split_of(std::int64_t index, std::int64_t count) {
  return is_validation_scene(index, count) ? "val" : "train";
}

std::string file_name(const SceneFolderOptions& options, std::int64_t index) {
  return fmt::format("scene_{:06}.{}", index, options.format);
}

void write_picture(const SceneFolderOptions& options, const NewFolder& folder, const Scene& scene) {
  const Image picture = paint_scene(scene, options.side);
  const std::string name = file_name(options, scene.index);
  folder.write(fs::path(split_of(scene.index, options.count)) / name,
               options.format == "png" ? encode_png(picture, name) : encode_jpeg(picture, name));
}

// One image or annotation a line, so that the file can be looked at.
std::string annotations_of(const SceneFolderOptions& options, const std::vector<Scene>& scenes,
                           std::string_view split) {
  std::string images, annotations;
  for (const Scene& scene : scenes) {
    if (split_of(scene.index, options.count) != split) continue;
    images += (images.empty() ? "" : ",\n") + to_text({{"id", scene.index},
                                                       {"file_name", file_name(options, scene.index)},
                                                       {"width", options.side},
                                                       {"height", options.side},
                                                       {"scene", scene_to_json(scene)}});
    std::int64_t id = scene.index * scene_captions_each;
    for (const std::string& caption : scene_captions(scene))
      annotations += (annotations.empty() ? "" : ",\n") +
                     to_text({{"id", id++}, {"image_id", scene.index}, {"caption", caption}});
  }
  const std::string info = to_text({{"description", description},
                                    {"seed", options.seed},
                                    {"count", options.count},
                                    {"most_objects", options.most_objects}});
  return fmt::format("{{\"info\": {},\n\"images\": [\n{}\n],\n\"annotations\": [\n{}\n]}}\n", info, images,
                     annotations);
}

}  // namespace

void write_scene_folder(const SceneFolderOptions& options) {
  require(options.count >= 2, "{} scenes cannot be divided into train and val: at least 2 are needed",
          options.count);
  require(options.count <= 1'000'000, "{} scenes are too many: at most 1000000", options.count);
  require(options.side >= 32 && options.side <= 1024,
          "pictures of scenes can have 32 to 1024 pixels a side, not {}", options.side);
  require(options.most_objects >= 1 && options.most_objects <= most_scene_objects,
          "scenes can have 1 to {} objects, not {}", most_scene_objects, options.most_objects);
  require(options.format == "jpg" || options.format == "png", "the format should be jpg or png, but is {}",
          options.format);
  NewFolder folder(options.folder);
  for (const char* split : {"train", "val"}) folder.make_part(split);
  std::vector<Scene> scenes;
  for (std::int64_t i = 0; i < options.count; ++i)
    scenes.push_back(draw_scene(options.seed, i, options.most_objects));
  constexpr std::int64_t chunk = 256;  // between two reports
  for (std::int64_t begin = 0; begin < options.count; begin += chunk) {
    in_parallel(std::min(chunk, options.count - begin), [&](std::int64_t i) {
      write_picture(options, folder, scenes[static_cast<std::size_t>(begin + i)]);
    });
    if (options.progress) options.progress(std::min(begin + chunk, options.count));
  }
  for (const std::string split : {"train", "val"})
    folder.write(split + ".json", annotations_of(options, scenes, split));
  folder.commit();
}

SceneAnnotations read_scene_annotations(const std::string& path) {
  const nlohmann::json json = parse_json(read_file(path), path);
  require(json.is_object() && json.contains("images") && json["images"].is_array(),
          "{} should be a JSON object with the list \"images\"", path);
  SceneAnnotations annotations;
  for (const auto& image : json["images"]) {
    const std::string where = fmt::format("image {} of {}", annotations.scenes.size(), path);
    require(image.is_object() && image.contains("id") && image["id"].is_number_integer() &&
                image.contains("file_name") && image["file_name"].is_string(),
            "{} should have an \"id\" and a \"file_name\", but is {}", where, to_text(image));
    require(image.contains("scene"), "{} has no \"scene\": only the captions of scenes can be checked",
            where);
    annotations.scenes.push_back(scene_from_json(image["scene"], where));
    annotations.image_ids.push_back(json_integer<std::int64_t>(image["id"], where + "'s id"));
    annotations.file_names.push_back(image["file_name"].get<std::string>());
  }
  require(!annotations.scenes.empty(), "{} has no images", path);
  return annotations;
}

}  // namespace dlcore
