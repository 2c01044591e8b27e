// fuzz_seeds FOLDER: writes the binary files that fuzzing begins with, besides the tests' pictures and
// PyTorch files.
#include <hdf5.h>

#include <filesystem>
#include <iostream>

#include "io/safetensors.h"
#include "models/graph_file.h"
#include "models/model_file.h"
#include "tests/fuzz/tiny_run.h"
#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

template <class T>
void add(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& shape,
         const std::vector<T>& values, bool chunked) {
  const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
  if (chunked) H5Pset_chunk(layout, static_cast<int>(shape.size()), shape.data());
  const hid_t data = H5Dcreate2(file, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(data);
  H5Pclose(layout);
  H5Sclose(space);
}

// A data file (io/FORMAT.md) without the room for thousands of rows that DataFileWriter takes at once.
void write_data_file(const std::string& path, bool newest) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (newest) H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const hid_t scalar = H5Screate(H5S_SCALAR);
  const std::pair<const char*, std::string> attributes[] = {
      {"format", "dlcore captions"},
      {"version", "1"},
      {"vocabulary", R"({"idx_to_word": ["<NULL>", "<START>", "<END>", "<UNK>", "a", "b"]})"}};
  for (const auto& [name, value] : attributes) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, value.size());
    const hid_t attribute = H5Acreate2(file, name, type, scalar, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, value.data());
    H5Aclose(attribute);
    H5Tclose(type);
  }
  H5Gclose(H5Gcreate2(file, "train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  add<float>(file, "train/features", H5T_NATIVE_FLOAT, {2, 3}, {1, 2, 3, 4, 5, 6}, newest);
  add<std::uint8_t>(file, "train/images", H5T_NATIVE_UINT8, {2, 1, 1, 3}, {1, 2, 3, 4, 5, 6}, true);
  add<std::int32_t>(file, "train/captions", H5T_NATIVE_INT32, {2, 4}, {1, 4, 2, 0, 1, 5, 4, 2}, !newest);
  add<std::int32_t>(file, "train/image_idxs", H5T_NATIVE_INT32, {2}, {0, 1}, false);
  add<std::int64_t>(file, "train/image_ids", H5T_NATIVE_INT64, {2}, {7, 9}, newest);
  H5Sclose(scalar);
  H5Fclose(file);
  H5Pclose(access);
}

void write_hdf5(const std::string& folder) {
  write_data_file(folder + "/data_file.h5", true);
  write_data_file(folder + "/data_file_old.h5", false);
  const OddDataset features{"features", OddType::float32, {2, 3}, {1, 2, 3, 4, 5, 6}, {1, 3}, true},
      big{"other", OddType::big_endian_float32, {3}, {1, 2, 3}},
      captions{"train_captions", OddType::uint16, {2, 4}, {1, 4, 5, 2, 1, 5, 2, 0}},
      rows{"train_image_idxs", OddType::int8, {2}, {0, 1}};
  write_odd_hdf5(folder + "/cs231n.h5", {features, captions, rows, big});
  write_odd_hdf5(folder + "/bfloat16.h5",
                 {{"features", OddType::uint16, {2, 2}, {16256, 0, 16384, 1}, {}, false, "bfloat16"}});
  write_odd_hdf5(folder + "/examples.h5", {{"train/inputs", OddType::float32, {3, 2}, {1, 2, 3, 4, 5, 6}},
                                           {"train/targets", OddType::uint8, {3}, {0, 1, 0}}});
  write_fixed_text(folder + "/fixed_text.h5", {"a", "bc "}, 3, true);
  write_varying_text(folder + "/varying_text.h5", {"a", "a longer one"});
  write_claims(folder + "/claims.h5", {1 << 20, 1 << 20});
}

void write_safetensors(const std::string& folder) {
  const Tensor a = Tensor::from(std::vector<float>{1, -2, 3, 4, 5, 6}, {2, 3}),
               b = Tensor::from(std::vector<std::int64_t>{7}, {1});
  dlcore::write_safetensors(folder + "/plain.safetensors", {{"a", a}, {"b", b}}, {{"key", "value"}});
  dlcore::write_safetensors(folder + "/checksum.safetensors", {{"a", a.to(DType::bfloat16)}}, {},
                            SafetensorsWriter::Checksum::crc32c);
  dlcore::write_safetensors(folder + "/empty.safetensors", {});
}

void write_models(const std::string& folder) {
  const Vocabulary words({"<NULL>", "<START>", "<END>", "<UNK>", "a", "b"});
  for (const std::string cell : {"rnn", "lstm"}) {
    CaptioningRNN captioner(
        {.cell = cell, .feature_shape = {3}, .vocabulary_size = 6, .wordvec_dim = 2, .hidden_dim = 3},
        DType::float32, Device::cpu());
    captioner.initialize(1);
    save_model(folder + "/" + cell + ".safetensors", captioner, nullptr, words, "{}");
  }
  CaptioningRNN grid({.cell = "rnn",
                      .feature_shape = {2, 1, 2},
                      .vocabulary_size = 6,
                      .initial_activation = "Tanh",
                      .wordvec_dim = 2,
                      .hidden_dim = 2,
                      .dropout = 0.5,
                      .standardize = true},
                     DType::bfloat16, Device::cpu());
  grid.initialize(1);
  save_model(folder + "/grid.safetensors", grid, nullptr, words, "");
}

void write_networks(const std::string& folder) {
  const std::pair<const char*, const char*> networks[] = {
      {"perceptron",
       "[{layer: Linear, out: 3}, {layer: ReLU}, {layer: Linear, out: 3}, {layer: SoftmaxLoss}]"},
      {"convolutional",
       "[{layer: ConvNorm, out: 2, kernel: 3, padding: 1, relu: true, name: stem}, {layer: SqueezeExcite, "
       "squeezed: 1, name: a}, {layer: Add, inputs: [a, stem]}, {layer: MaxPool2d, kernel: 2}, {layer: "
       "Flatten}, "
       "{layer: Dropout, p: 0.5}, {layer: Linear, out: 3}, {layer: SoftmaxLoss, label_smoothing: 0.1}]"},
      {"recurrent",
       "[{layer: LSTM, H: 2}, {layer: LastStep}, {layer: Linear, out: 3}, {layer: SoftmaxLoss}]"}};
  const Shape inputs[] = {{4}, {4, 4, 1}, {3, 2}};
  for (std::size_t i = 0; i < 3; ++i) {
    GraphModel model(parse_graph(networks[i].second), {inputs[i], 3}, DType::float32, Device::cpu());
    model.initialize(1);
    save_graph_model(folder + "/" + networks[i].first + ".safetensors", model, {"a", "b", "c"});
  }
}

void write_checkpoint(const std::string& folder) {
  const TemporaryDirectory work;
  fuzz::TinyRun run(work.path().string());
  run.begin();
  fs::copy_file(run.checkpoint_path(), folder + "/stopped.safetensors", fs::copy_options::overwrite_existing);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "fuzz_seeds FOLDER\n";
    return 2;
  }
  for (const auto& [name, write] : {std::pair{"hdf5", &write_hdf5},
                                    {"safetensors", &write_safetensors},
                                    {"model", &write_models},
                                    {"network", &write_networks},
                                    {"checkpoint", &write_checkpoint}}) {
    const std::string folder = std::string(argv[1]) + "/" + name;
    fs::create_directories(folder);
    write(folder);
  }
  return 0;
}
