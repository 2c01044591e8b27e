// dlcore_caption and bad input: one clear sentence, exit code 1, nothing half-written.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/device.h"
#include "io/atomic_file.h"
#include "io/data_file.h"
#include "tests/catch.h"
#include "tests/tools/bad_data.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

/// A trained model and features for it.
struct Captioning {
  Captioning() {
    data.write();
    if (data.train().code != 0) throw std::runtime_error("no model to test with");
  }

  ProgramResult caption(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all;
    if (std::find(arguments.begin(), arguments.end(), "--device") == arguments.end())
      all = {"--device", "cpu"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_program("caption", all);
  }
  void check_refused(const std::string& of_model, const std::string& of_features,
                     const std::vector<std::string>& parts, std::vector<std::string> arguments = {}) const {
    const std::string out = data.folder.file("results/captions.json");
    std::filesystem::create_directory(data.folder.file("results"));
    arguments.insert(arguments.end(), {of_model, "--features", of_features, "--out", out});
    CHECK(not_refused("caption", caption(arguments), parts) == "");
    CHECK(leftovers(data.folder.file("results")) == "");
  }
  /// A data file with one image, whose vocabulary has these words after the special ones.
  std::string data_file(const std::vector<std::string>& words, const Shape& shape = {3}) const {
    std::vector<std::string> all{"<NULL>", "<START>", "<END>", "<UNK>"};
    all.insert(all.end(), words.begin(), words.end());
    const std::string path = data.folder.file("data.h5");
    DataFileWriter writer(path, Vocabulary(all),
                          {.feature_shape = shape, .caption_length = 3, .creator = "test"});
    writer.add_image("val", std::vector<float>(static_cast<std::size_t>(shape.numel()), 1), 7, "seven.png");
    writer.add_caption("val", 0, std::vector<std::int32_t>{1, 4, 2});
    writer.finish();
    return path;
  }

  BadData data;
  std::string model = data.model();
  std::string features = data.folder.file("val.h5");
};

}  // namespace

TEST_CASE("caption: models that are missing, cut short or something else") {
  const Captioning with;
  const std::string copy = with.data.folder.file("copy");
  with.check_refused(with.data.folder.file("none"), with.features, {with.data.folder.file("none")});
  with.check_refused(with.features, with.features, {"val.h5"});
  with.check_refused(with.data.folder.file("vocab.json"), with.features, {"vocab.json"});
  const std::string whole = read_file(with.model);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{20}, whole.size() - 1}) {
    write_file_atomically(copy, whole.substr(0, bytes));
    with.check_refused(copy, with.features, {copy});
  }
}

TEST_CASE("caption: features that are missing, unreadable or of another size") {
  Captioning with;
  with.check_refused(with.model, with.data.folder.file("none.h5"), {"none.h5"});
  with.check_refused(with.model, with.model, {"model.safetensors", "HDF5"});
  with.check_refused(with.model, with.data.folder.file("captions.h5"), {"captions.h5", "features"});
  const std::string wide = with.data.folder.file("wide.h5");
  write_odd_hdf5(wide, {{"features", OddType::float32, {1, 4}, {1, 2, 3, 4}}});
  with.check_refused(with.model, wide, {with.model, "trained on features [3]", "wide.h5", "[4]"});
  write_odd_hdf5(wide, {{"features", OddType::float32, {1, 3, 1, 1}, {1, 2, 3}}});
  with.check_refused(with.model, wide, {"[3]", "[3, 1, 1]"});
  with.data.val_features.values[4] = std::nan("");
  write_odd_hdf5(with.features, {with.data.val_features});
  with.check_refused(with.model, with.features, {"val.h5", "row 1", "nan"});
  with.check_refused(with.model, with.features, {"val.h5", "row 1", "nan"}, {"--batch", "1"});
}

TEST_CASE("caption: a model whose vocabulary is not the data's") {
  const Captioning with;
  with.check_refused(
      with.model, with.data_file({"a", "cat"}),
      {with.model, "another vocabulary", "data.h5", "word 5", "\"dog\"", "\"cat\"", "--other-vocabulary"});
  with.check_refused(with.model, with.data_file({"a"}), {"another vocabulary"});
  with.check_refused(with.model, with.data_file({"a", "dog"}, {4}), {"[3]", "[4]"});
  CHECK(with.caption({with.model, "--features", with.data_file({"a", "cat"}), "--other-vocabulary"}).code ==
        0);
  const ProgramResult right = with.caption({with.model, "--features", with.data_file({"a", "dog"})});
  CHECK(right.code == 0);
  CHECK(right.out.find("seven.png\t") != std::string::npos);
}

TEST_CASE("caption: splits, outputs and options") {
  const Captioning with;
  with.check_refused(with.model, with.data_file({"a", "dog"}), {"data.h5", "train"}, {"--split", "train"});
  for (const std::string out : {"none/captions.json", "vocab.json/captions.json"}) {
    const ProgramResult result =
        with.caption({with.model, "--features", with.features, "--out", with.data.folder.file(out)});
    CHECK(not_refused("caption", result, {with.data.folder.file(out)}) == "");
  }
  CHECK(not_refused("caption",
                    with.caption(
                        {with.model, "--features", with.features, "--out", with.data.folder.path().string()}),
                    {with.data.folder.path().string()}) == "");
  for (const auto& [option, value] : {std::pair<std::string, std::string>{"--max-length", "0"},
                                      {"--limit", "-1"},
                                      {"--batch", "0"},
                                      {"--batch", "x"}}) {
    const ProgramResult result = with.caption({with.model, "--features", with.features, option, value});
    CHECK(result.code != 0);
    CHECK(result.err.find(option) != std::string::npos);
  }
  // An output that cannot be written: a full disk.
  const ProgramResult full =
      run_program("caption", {with.model, "--features", with.features, "--device", "cpu"}, "/dev/full");
  CHECK(full.code != 0);
  CHECK_FALSE(full.err.empty());
}

TEST_CASE("caption: ways of decoding that contradict each other") {
  const Captioning with;
  const auto refused = [&](const std::vector<std::string>& arguments, const std::vector<std::string>& parts) {
    with.check_refused(with.model, with.features, parts, arguments);
  };
  for (const std::string option : {"--temperature", "--top-k", "--top-p", "--seed"})
    refused({option, "1"}, {option, "give --sample too"});
  refused({"--beam", "3", "--top-k", "5"}, {"--top-k", "give --sample too"});
  for (const std::string option : {"--beam", "--length-penalty", "--groups", "--diversity"})
    refused({"--sample", option, "2"}, {option, "beam search", "--sample"});
  for (const std::string option : {"--length-penalty", "--groups", "--diversity"})
    refused({option, "2"}, {option, "needs a --beam of 2 or more"});
  refused({"--n-best", "3"}, {"--n-best 3 needs a --beam of 3 or more, or --sample"});
  refused({"--n-best", "3", "--beam", "2"}, {"n_best (3)", "beam (2)"});
  refused({"--beam", "5", "--groups", "2"}, {"beam (5)", "groups (2)"});
  refused({"--beam", "4", "--diversity", "1"}, {"diversity", "groups"});
  refused({"--min-length", "9", "--max-length", "8"}, {"min_length", "max_length=8", "9"});
  refused({"--sample", "--top-p", "0"}, {"top_p", "not 0"});
  refused({"--beam", "10000000"}, {"beam", "10000000"});
  for (const auto& more : std::vector<std::vector<std::string>>{{"--beam", "2"},
                                                                {"--log-probs"},
                                                                {"--no-unk"},
                                                                {"--min-length", "1"},
                                                                {"--no-repeat-ngram", "2"},
                                                                {"--n-best", "2"},
                                                                {"--sample"},
                                                                {"--seed", "1"}}) {
    std::vector<std::string> all{"--fixed-length"};
    all.insert(all.end(), more.begin(), more.end());
    refused(all, {more[0], "--fixed-length", "greedy"});
  }
  // The vocabulary of the model: <UNK>, a, dog.
  refused({"--no-unk", "--no-repeat-ngram", "1", "--min-length", "3"}, {"no caption", "min_length 3"});
  for (const auto& [option, value] : {std::pair<std::string, std::string>{"--beam", "0"},
                                      {"--n-best", "0"},
                                      {"--min-length", "-1"},
                                      {"--no-repeat-ngram", "-1"},
                                      {"--length-penalty", "-1"},
                                      {"--groups", "0"},
                                      {"--diversity", "-0.5"},
                                      {"--temperature", "0"},
                                      {"--top-k", "-1"},
                                      {"--top-p", "1.5"},
                                      {"--seed", "-1"},
                                      {"--beam", "many"}}) {
    const ProgramResult result = with.caption({with.model, "--features", with.features, option, value});
    CHECK(result.code != 0);
    CHECK(result.err.find(option) != std::string::npos);
  }
}

TEST_CASE("devices: one that is not there or unknown is refused") {
  const Captioning with;
  const auto check = [&](const std::string& device, const std::vector<std::string>& parts) {
    with.check_refused(with.model, with.features, parts, {"--device", device});
    BadData data;
    data.write();
    CHECK(not_refused("train", data.train({"--device", device}), parts) == "");
    CHECK(leftovers(data.folder.path().string()) == "");
    CHECK(not_refused("bench", run_program("bench", {"--device", device}), parts) == "");
  };
  check("gpu", {"'gpu'", "auto, cpu, cuda"});
  check("cuda:99", {"cuda:99"});
  check("cuda:x", {"cuda:x"});
  if (cuda_device_count() == 0) check("cuda", {"device 'cuda' was asked for, but"});
}
