// dlcore_eval as a program. The scores themselves are tested in tests/models.
#include <cmath>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "io/caption_results.h"
#include "io/data_file.h"
#include "tests/catch.h"
#include "tests/golden_cases.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;
using nlohmann::json;

namespace {

struct Evaluation {
  TemporaryDirectory folder;
  std::string results = folder.file("captions.json");
  std::string references = folder.file("references.json");

  /// The five images of golden_cases.json, as COCO's files have them: not in the order of their ids, and one
  /// more image that has no result.
  Evaluation() {
    const json& golden = golden_case("caption_metrics");
    json file{{"images", json::array()}, {"annotations", json::array()}};
    std::vector<CaptionResult> written;
    for (const std::int64_t id : {3, 1, 2, 5, 4}) {
      const std::string name = std::to_string(id);
      file["images"].push_back({{"id", id}, {"file_name", name + ".jpg"}});
      for (const auto& caption : golden.at("refs").at(name))
        file["annotations"].push_back({{"image_id", id}, {"caption", caption}});
      written.insert(written.begin(), {id, golden.at("hyp").at(name)[0]});
    }
    file["images"].push_back({{"id", 9}, {"file_name", "9.jpg"}});
    file["annotations"].push_back({{"image_id", 9}, {"caption", "no result for this"}});
    write_file_atomically(references, file.dump());
    write_caption_results(results, written);
  }

  std::string write(const std::string& name, const std::string& contents) const {
    write_file_atomically(folder.file(name), contents);
    return folder.file(name);
  }
  ProgramResult run(const std::string& of_results, const std::string& of_references,
                    std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--results", of_results, "--references", of_references});
    return run_program("eval", more);
  }
  void check_refused(const std::string& of_results, const std::string& of_references,
                     const std::vector<std::string>& parts, const std::vector<std::string>& more = {}) const {
    const ProgramResult result = run(of_results, of_references, more);
    CHECK(not_refused("eval", result, parts) == "");
    CHECK(result.out.empty());
  }
  /// A data file whose split val has images 1 and 2, and train has one; rare words are <UNK>.
  std::string data_file() const {
    const std::string path = folder.file("data.h5");
    const Vocabulary words({"<NULL>", "<START>", "<END>", "<UNK>", "a", "dog", "cat", "n't"});
    DataFileWriter writer(path, words, {.feature_shape = {1}, .caption_length = 6, .creator = "test"});
    const std::vector<float> feature{1};
    const auto add = [&](const std::string& split, std::int64_t id,
                         const std::vector<std::string>& captions) {
      const std::int64_t row = writer.add_image(split, feature, id, std::to_string(id));
      for (const std::string& caption : captions) writer.add_caption(split, row, words.encode(caption));
    };
    add("train", 7, {"a zebra", "a dog"});
    add("val", 1, {"a dog n't sits", "a dog"});
    add("val", 2, {"a cat"});
    writer.finish();
    return path;
  }
};

double number(const json& values, const char* name) {
  return values.at(name).get<double>();
}

}  // namespace

TEST_CASE("eval: JSON with coco-caption's names, for the corpus and for each image") {
  const Evaluation with;
  const json& golden = golden_case("caption_metrics");
  const ProgramResult result = with.run(with.results, with.references, {"--json"});
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
  const json scores = json::parse(result.out);
  for (std::size_t n = 0; n < 4; ++n) {
    const std::string name = "Bleu_" + std::to_string(n + 1);
    CHECK(std::abs(number(scores, name.c_str()) - golden.at("BLEU_1..4")[n].get<double>()) < golden_limit);
  }
  CHECK(std::abs(number(scores, "ROUGE_L") - golden.at("ROUGE_L").get<double>()) < golden_limit);
  CHECK(std::abs(number(scores, "CIDEr") - golden.at("CIDEr").get<double>()) < golden_limit);
  CHECK(number(scores, "CIDEr_exchanged") < 0.3);
  CHECK(scores.at("images") == 5);
  CHECK(scores.at("images_with_references") == 6);
  CHECK(scores.at("references") == 18);
  CHECK(scores.at("distinct_captions") == 5);
  CHECK(scores.at("vocabulary") == 25);
  CHECK(number(scores, "mean_length") == 36.0 / 5);
  CHECK(scores.at("share_seen_in_training").is_null());
  // In the order of the references' file, as in coco-caption.
  const std::vector<std::size_t> order{3, 1, 2, 5, 4};
  REQUIRE(scores.at("per_image").size() == order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const json& image = scores.at("per_image")[i];
    CHECK(image.at("image_id") == order[i]);
    const auto expected = [&](const char* name) { return golden.at(name)[order[i] - 1].get<double>(); };
    CHECK(std::abs(number(image, "ROUGE_L") - expected("ROUGE_L_per_image")) < golden_limit);
    CHECK(std::abs(number(image, "CIDEr") - expected("CIDEr_per_image")) < golden_limit);
    CHECK(std::abs(number(image, "Bleu_4") - golden.at("BLEU_per_image")[3][order[i] - 1].get<double>()) <
          golden_limit);
  }
}

TEST_CASE("eval: METEOR where it is asked for") {
  const Evaluation with;
  CHECK(with.run(with.results, with.references, {"--json"}).out.find("METEOR") == std::string::npos);
  CHECK(with.run(with.results, with.references).out.find("METEOR") == std::string::npos);
  write_caption_results(with.results, {{1, "a dog"}, {2, "a cat"}});
  const std::string references = with.write("m.json", R"({"images": [{"id": 2, "file_name": "b"},
    {"id": 1, "file_name": "a"}], "annotations": [{"image_id": 1, "caption": "A dog."},
    {"image_id": 2, "caption": "a dog"}]})");
  const auto scores = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--json", "--meteor"});
    const ProgramResult result = with.run(with.results, references, more);
    INFO(result.err);
    REQUIRE(result.code == 0);
    return json::parse(result.out);
  };
  const json plain = scores({});
  CHECK(number(plain.at("per_image")[1], "METEOR_exact_stem") == 1);
  // One pair of two words, which is one chunk: 0.5 (1 - 0.6). In both images 3 pairs of 4 words; the chunk of
  // the caption that is its reference does not count.
  CHECK(std::abs(number(plain.at("per_image")[0], "METEOR_exact_stem") - 0.2) < 1e-15);
  CHECK(std::abs(number(plain, "METEOR_exact_stem") - 0.75 * (1 - 0.6 * std::pow(1.0 / 3, 0.2))) < 1e-15);
  const json listed = scores({"--function-words", with.write("words.txt", "the\na\n")});
  CHECK(std::abs(number(listed.at("per_image")[0], "METEOR_exact_stem") - 0.1) < 1e-15);
  CHECK(with.run(with.results, references, {"--meteor"}).out.find("METEOR (exact, stem)") !=
        std::string::npos);
  with.check_refused(with.results, references, {"none.txt"},
                     {"--meteor", "--function-words", with.folder.file("none.txt")});
  const ProgramResult alone = with.run(with.results, references, {"--function-words", "x"});
  CHECK(alone.code != 0);
  CHECK(alone.err.find("--meteor") != std::string::npos);
}

TEST_CASE("eval: a table for people") {
  const Evaluation with;
  const std::string training =
      with.write("training.csv", "x.jpg,\"A red train, at the station!\"\nx.jpg,a cat\n");
  const ProgramResult result = with.run(with.results, with.references, {"--training", training});
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
  for (const std::string part : {"5 of 6", "BLEU-1", "0.8671", "BLEU-4", "0.4204", "ROUGE-L", "0.7885",
                                 "CIDEr-D", "2.1462", "images exchanged", "5 of 5", "7.20", "20.0%"})
    CHECK(result.out.find(part) != std::string::npos);
}

TEST_CASE("eval: references of the other kinds") {
  const Evaluation with;
  const auto cider = [&](const std::string& references, const std::vector<std::string>& more,
                         std::size_t images) {
    std::vector<std::string> arguments{"--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = with.run(with.results, references, arguments);
    INFO(result.err);
    REQUIRE(result.code == 0);
    const json scores = json::parse(result.out);
    CHECK(scores.at("images") == images);
    return number(scores, "CIDEr");
  };
  write_caption_results(with.results, {{0, "a dog"}, {1, "a cat"}});
  const std::string table = with.write("t.csv", "a.jpg,A dog.\na.jpg,the dog\nb.jpg,A cat\n");
  const double expected = cider(table, {}, 2);
  const std::string karpathy = with.write("k.json", R"({"images": [
    {"filename": "b.jpg", "cocoid": 1, "split": "test", "sentences": [{"raw": "A cat"}]},
    {"filename": "c.jpg", "cocoid": 5, "split": "val", "sentences": [{"raw": "A cat"}]},
    {"filename": "a.jpg", "cocoid": 0, "split": "test", "sentences": [{"raw": "A dog."}, {"raw": "the dog"}]}]})");
  CHECK(std::abs(cider(karpathy, {"--split", "test"}, 2) - expected) < 1e-12);
  CHECK(std::abs(cider(karpathy, {}, 2) - expected) < 1e-12);
  with.check_refused(with.results, karpathy, {"captions.json", "image 0", "k.json"}, {"--split", "val"});
  with.check_refused(with.results, karpathy, {"k.json", "no image of the split train"}, {"--split", "train"});

  // Of a data file, whose words are tokens already: "a dog n't sits" is "a dog n't <unk>".
  const std::string data = with.data_file();
  write_caption_results(with.results, {{2, "a cat"}, {1, "a dog n't <UNK>"}});
  const ProgramResult result = with.run(with.results, data, {"--json", "--split", "val", "--training", data});
  REQUIRE(result.code == 0);
  const json scores = json::parse(result.out);
  CHECK(scores.at("references") == 3);
  CHECK(std::abs(number(scores, "Bleu_1") - 1) < 1e-8);
  CHECK(number(scores, "share_seen_in_training") == 0);
  write_caption_results(with.results, {{2, "a dog"}, {1, "a <UNK>"}});
  const json seen =
      json::parse(with.run(with.results, data, {"--json", "--split", "val", "--training", data}).out);
  CHECK(number(seen, "share_seen_in_training") == 1);
  with.check_refused(with.results, data, {"data.h5", "say which of train, val and test"});
  with.check_refused(with.results, data, {"data.h5", "test"}, {"--split", "test"});
}

TEST_CASE("eval: results with file names in place of ids") {
  const Evaluation with;
  const std::string references = with.write("named.json", R"({"images": [
    {"id": 1, "file_name": "a.jpg", "flickr_url": "http://farm1.example/7/11_z.jpg"},
    {"id": 0, "file_name": "val/b.jpg", "flickr_url": "http://farm2.example/7/22_z.jpg"},
    {"id": 3, "file_name": "x/c.jpg"}, {"id": 4, "file_name": "y/c.jpg"}], "annotations": [
    {"image_id": 1, "caption": "a dog"}, {"image_id": 0, "caption": "a cat"}, {"image_id": 3, "caption": "a"}]})");
  const auto run = [&](const std::string& results) {
    return with.run(with.write("named_results.json", results), references, {"--json"});
  };
  // By file name without folders, by address, by id; in the order of the references.
  for (const std::string names :
       {R"("file_name": "photos/b.jpg")", R"("file_name": "http://other/22_z.jpg")", R"("image_id": 0)"}) {
    const ProgramResult result =
        run("[{" + names + R"(, "caption": "a cat"}, {"file_name": "a.jpg", "caption": "a dog"}])");
    INFO(result.err);
    REQUIRE(result.code == 0);
    const json scores = json::parse(result.out);
    CHECK(std::abs(number(scores, "Bleu_2") - 1) < 1e-6);
    CHECK(scores.at("per_image")[0].at("image_id") == 1);
    CHECK(scores.at("per_image")[1].at("image_id") == 0);
  }
  const auto refused = [&](const std::string& results, const std::vector<std::string>& parts) {
    with.check_refused(with.write("named_results.json", results), references, parts);
  };
  refused(R"([{"file_name": "d.jpg", "caption": "a"}, {"file_name": "e.jpg", "caption": "a"}])",
          {"named_results.json", "image d.jpg", "named.json", "2 such"});
  refused(R"([{"file_name": "c.jpg", "caption": "a"}])", {"image c.jpg", "2 images of", "this file name"});
  refused(R"([{"file_name": "a.jpg", "caption": "a"}, {"image_id": 1, "caption": "a"}])",
          {"image a.jpg and image 1", "the same image"});
  // Rows are no ids, though there is an image with this number.
  refused(R"([{"row": 0, "caption": "a cat"}])", {"\"row\": 0", "not which images", "named.json", "--urls"});
}

TEST_CASE("eval: one image, whose CIDEr is 0 and which cannot be exchanged") {
  const Evaluation with;
  write_caption_results(with.results, {{3, "a plate of food"}});
  const json scores = json::parse(with.run(with.results, with.references, {"--json"}).out);
  CHECK(number(scores, "CIDEr") == 0);
  CHECK(scores.at("CIDEr_exchanged").is_null());
  CHECK(with.run(with.results, with.references).out.find("exchanged") == std::string::npos);
}

TEST_CASE("eval: files that are missing or wrong") {
  const Evaluation with;
  with.check_refused(with.folder.file("none.json"), with.references, {"none.json"});
  with.check_refused(with.results, with.folder.file("none.json"), {"none.json"});
  with.check_refused(with.results, with.results, {"captions.json"});
  with.check_refused(with.references, with.references, {"references.json", "list of results"});
  with.check_refused(with.write("empty.json", "[]"), with.references, {"empty.json", "no results"});
  with.check_refused(with.results, with.references, {"the split is \"tea\"", "train, val or test"},
                     {"--split", "tea"});
  with.check_refused(with.results, with.references, {"none.csv"},
                     {"--training", with.folder.file("none.csv")});
  const std::string unknown =
      with.write("unknown.json", R"([{"image_id": 1, "caption": "a"}, {"image_id": 70, "caption": "a"},
    {"image_id": 71, "caption": "a"}])");
  with.check_refused(unknown, with.references, {"unknown.json", "image 70", "references.json", "2 such"});
  const std::string bare =
      with.write("bare.json", R"({"images": [{"id": 1, "file_name": "a"}, {"id": 2, "file_name": "b"}],
    "annotations": [{"image_id": 2, "caption": "a"}]})");
  with.check_refused(with.write("one.json", R"([{"image_id": 1, "caption": "a"}])"), bare,
                     {"bare.json", "no captions of image 1", "one.json"});
  const std::string untrained =
      with.write("u.json", R"({"images": [{"id": 1, "file_name": "a", "split": "val"}],
    "annotations": [{"image_id": 1, "caption": "a"}]})");
  with.check_refused(with.results, with.references, {"u.json", "no caption of the split train"},
                     {"--training", untrained});
}
