// A captioner that was trained in the CS231n layout, whose images have no ids: its captions and dlcore_eval.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "io/hdf5.h"
#include "io/vocabulary.h"
#include "tests/catch.h"
#include "tests/tools/bad_data.h"

using namespace dlcore;
using namespace dlcore::test;
using nlohmann::json;

namespace {

/// val.h5 has two images. Their ids in references.json are 1 and 0: the row numbers the other way round.
struct Run {
  BadData data;
  std::string features = data.folder.file("val.h5");
  std::string urls = data.folder.file("val_urls.txt");
  std::string references = data.folder.file("references.json");
  std::string out = data.folder.file("captions.json");

  explicit Run(const std::string& more_data = "") {
    data.config.insert(data.config.find("train:\n"), more_data);
    data.write();
    write_file_atomically(urls, "http://farm1.example/7/11_z.jpg\nhttp://farm2.example/7/22_z.jpg\n");
    write_file_atomically(references, R"({"images": [
      {"id": 0, "file_name": "b.jpg", "flickr_url": "http://farm9.example/1/22_z.jpg"},
      {"id": 1, "file_name": "a.jpg", "flickr_url": "http://farm9.example/1/11_z.jpg"}], "annotations": [
      {"image_id": 0, "caption": "a dog"}, {"image_id": 1, "caption": "a a"}]})");
    const ProgramResult trained = data.train();
    INFO(trained.err);
    REQUIRE(trained.code == 0);
  }

  ProgramResult caption(const std::vector<std::string>& more = {}, const std::string& of = {}) const {
    std::vector<std::string> all{data.model(), "--features", of.empty() ? features : of, "--out", out};
    all.insert(all.end(), {"--device", "cpu"});
    all.insert(all.end(), more.begin(), more.end());
    return run_program("caption", all);
  }
  json captions(const std::vector<std::string>& more = {}, const std::string& of = {}) const {
    const ProgramResult result = caption(more, of);
    INFO(result.err);
    REQUIRE(result.code == 0);
    return json::parse(read_file(out));
  }
  ProgramResult eval(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"--results", out, "--references", references, "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return run_program("eval", all);
  }
};

}  // namespace

TEST_CASE("caption names: --urls names the rows, and dlcore_eval finds the images by it") {
  const Run run;
  const json results = run.captions({"--urls", run.urls});
  REQUIRE(results.size() == 2);
  CHECK(results[0].at("file_name") == "http://farm1.example/7/11_z.jpg");
  CHECK(!results[0].contains("image_id"));
  // Only the first row's caption is one of its references.
  write_file_atomically(run.out, json{{{"file_name", results[0].at("file_name")}, {"caption", "a a"}},
                                      {{"file_name", results[1].at("file_name")}, {"caption", "x"}}}
                                     .dump());
  const ProgramResult evaluated = run.eval();
  INFO(evaluated.err);
  REQUIRE(evaluated.code == 0);
  const json scores = json::parse(evaluated.out);
  CHECK(scores.at("per_image")[0].at("image_id") == 0);
  CHECK(scores.at("per_image")[0].at("ROUGE_L") == 0);
  CHECK(scores.at("per_image")[1].at("ROUGE_L") == 1);

  // The ids of a captions file, as COCO's own program wants them.
  const json with_ids = run.captions({"--urls", run.urls, "--annotations", run.references});
  CHECK(with_ids[0].at("image_id") == 1);
  CHECK(with_ids[1].at("image_id") == 0);
  CHECK(with_ids[1].at("caption") == results[1].at("caption"));
  CHECK(!with_ids[0].contains("file_name"));
  CHECK(run.captions({"--urls", run.urls, "--limit", "1"}).size() == 1);
}

TEST_CASE("caption names: the run's configuration says where they are") {
  const Run run("  val_urls: val_urls.txt\n");
  CHECK(run.captions()[1].at("file_name") == "http://farm2.example/7/22_z.jpg");
  CHECK(run.eval().code == 0);
  // Another file has other images, though it has the same number of them.
  const std::string other = run.data.folder.file("other.h5");
  std::filesystem::copy_file(run.features, other);
  CHECK(run.captions({}, other).at(0).contains("row"));
}

TEST_CASE("caption names: rows without names match no image") {
  const Run run;
  const json results = run.captions();
  CHECK(results[1].at("row") == 1);
  CHECK(results[1].size() == 2);
  CHECK(not_refused("eval", run.eval(), {"captions.json", "\"row\": 0", "references.json", "--urls"}) == "");
  CHECK(not_refused("caption", run.caption({"--annotations", run.references}), {"val.h5", "--urls"}) == "");
}

TEST_CASE("caption names: rows of a data file without ids are those of its captions") {
  const Run run;
  const std::string path = run.data.folder.file("data.h5");
  {
    using Words = std::vector<std::int32_t>;
    Hdf5File file = Hdf5File::create(path);
    file.set_text_attribute("format", "dlcore captions");
    file.set_text_attribute("version", "1");
    file.set_text_attribute("vocabulary",
                            Vocabulary({"<NULL>", "<START>", "<END>", "<UNK>", "a", "dog"}).to_json());
    const std::vector<float> features{7, 8, 9, 1, 2, 3};
    file.create_dataset("val/features", Hdf5Element::float32, Shape{3}, 1).append(features);
    file.create_dataset("val/captions", Hdf5Element::int32, Shape{3}, 1).append(Words{1, 4, 2, 1, 5, 2});
    file.create_dataset("val/image_idxs", Hdf5Element::int32, Shape{}, 1).append(Words{0, 1});
  }
  CHECK(run.captions({}, path).at(1).at("row") == 1);
  CHECK(run_program("eval", {"--results", run.out, "--references", path, "--split", "val"}).code == 0);
  CHECK(not_refused("eval", run.eval(), {"captions.json", "\"row\": 0", "references.json"}) == "");
  write_file_atomically(run.out, R"([{"row": 2, "caption": "a"}])");
  CHECK(not_refused("eval",
                    run_program("eval", {"--results", run.out, "--references", path, "--split", "val"}),
                    {"row 2", "data.h5 has no such image"}) == "");
}

TEST_CASE("caption names: files of names that do not fit") {
  const Run run;
  const auto refused = [&](const std::string& contents, const std::vector<std::string>& parts) {
    write_file_atomically(run.urls, contents);
    CHECK(not_refused("caption", run.caption({"--urls", run.urls}), parts) == "");
  };
  refused("one.jpg\n", {"val_urls.txt has 1 lines", "val.h5", "2 images"});
  refused("1.jpg\n2.jpg\n3.jpg\n", {"val_urls.txt has 3 lines"});
  CHECK(not_refused("caption", run.caption({"--urls", run.data.folder.file("none.txt")}), {"none.txt"}) ==
        "");
}
