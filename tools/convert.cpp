// dlcore_convert IN OUT: weights from PyTorch's .pth, or from another .safetensors, as .safetensors.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "core/format.h"
#include "io/safetensors.h"
#include "io/weights_file.h"
#include "tools/run_tool.h"

namespace {

using namespace dlcore;

struct Options {
  std::string in;
  std::string out;
  std::string key;
  std::string dtype = "keep";
  bool list = false;
};

// The type that is written, by --dtype's names; integers and bool are always kept.
const std::map<std::string, std::string> types{
    {"keep", ""}, {"float32", "F32"}, {"float16", "F16"}, {"bfloat16", "BF16"}};

std::vector<StoredTensor> output_tensors(const WeightsFile& weights, const std::string& dtype) {
  std::vector<StoredTensor> tensors = weights.tensors();
  if (dtype != "keep")
    for (StoredTensor& each : tensors)
      if (is_stored_floating(each.type)) each.type = types.at(dtype);
  return tensors;
}

std::string totals(const std::vector<StoredTensor>& tensors) {
  std::size_t parameters = 0;
  std::int64_t numbers = 0;
  for (const StoredTensor& each : tensors) {
    const std::string last = each.name.substr(each.name.rfind('.') + 1);
    if (last == "running_mean" || last == "running_var" || last == "num_batches_tracked") continue;
    ++parameters;
    numbers += each.shape.numel();
  }
  std::string text = fmt::format("{} tensors", tensors.size());
  if (parameters < tensors.size()) text += fmt::format(", {} without batch norm's statistics", parameters);
  return fmt::format("{}: {} parameters", text, numbers);
}

void check_out(const Options& options) {
  require(!options.out.empty(), "say where to write: dlcore_convert {} OUT.safetensors, or --list",
          options.in);
  require(options.out.ends_with(".safetensors"), "the output {} should end in .safetensors", options.out);
  std::error_code missing;
  require(!std::filesystem::equivalent(options.in, options.out, missing), "{} and {} are the same file",
          options.in, options.out);
}

void convert(const Options& options) {
  if (!options.list) check_out(options);
  const auto weights = open_weights(options.in, options.key);
  const std::vector<StoredTensor> tensors = output_tensors(*weights, options.dtype);
  if (options.list) {
    for (const StoredTensor& each : tensors)
      fmt::print("{}\t{}\t{}\n", each.name, each.type, to_string(each.shape));
    fmt::print("{}\n", totals(tensors));
    return;
  }
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < tensors.size(); ++i) index[tensors[i].name] = i;
  SafetensorsWriter writer(options.out, tensors, weights->metadata());
  for (const StoredTensor& each : writer.order()) {
    const std::size_t i = index.at(each.name);
    const auto bytes = weights->read(i);
    const std::string& type = weights->tensors()[i].type;
    if (type == each.type) {
      writer.write(bytes.data(), bytes.size());
    } else {
      const auto converted =
          convert_elements(bytes, type, each.type, fmt::format("{}: tensor \"{}\"", options.in, each.name));
      writer.write(converted.data(), converted.size());
    }
  }
  writer.finish();
  fmt::print("{}: {}\n", options.out, totals(tensors));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Converts weights to .safetensors: from a .pth or .pt that torch.save wrote (what a hostile one wants "
      "to execute "
      "is refused), or from another .safetensors. Names, shapes and types stay; \"module.\" before every "
      "name goes.",
      "dlcore_convert");
  Options options;
  app.add_option("in", options.in, "File to read; its format is found by content")->required();
  app.add_option("out", options.out, "File to write: NAME.safetensors");
  app.add_option("--key", options.key,
                 "Which state dict of a checkpoint, where it has several: its key, as \"model\"");
  app.add_option("--dtype", options.dtype,
                 "keep, float32, float16 or bfloat16: the type of the floating-point tensors in the output")
      ->check(CLI::IsMember(types))
      ->capture_default_str();
  app.add_flag("--list", options.list,
               "Print names, types, shapes and the number of parameters; write nothing");
  return run_tool(app, argc, argv, [&] { convert(options); });
}
