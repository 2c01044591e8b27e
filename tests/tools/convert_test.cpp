// dlcore_convert as its users run it.
#include <cmath>
#include <filesystem>

#include "core/tensor.h"
#include "io/atomic_file.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/io/torch_files.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

ProgramResult convert(const std::vector<std::string>& arguments) {
  return run_program("convert", arguments);
}

}  // namespace

TEST_CASE("convert: every PyTorch file becomes safetensors with the same tensors") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("w.safetensors"), again = folder.file("again.safetensors");
  for (const auto& name : good_torch_files()) {
    INFO(name);
    std::vector<std::string> arguments{torch_files + name + ".pth", out};
    const std::string key = torch_file_key(name);
    if (!key.empty()) arguments.insert(arguments.end(), {"--key", key});
    const ProgramResult result = convert(arguments);
    CHECK(result.code == 0);
    CHECK(result.err == "");
    CHECK(result.out.starts_with(out + ": "));
    CHECK(difference_from_torch(*open_weights(out), name) == "");
    CHECK(SafetensorsReader(out).metadata("format") == "pt");
    CHECK(convert({out, again}).code == 0);  // a safetensors file is read as well
    CHECK(difference_from_torch(*open_weights(again), name) == "");
    CHECK(folder.entries() == 2);
  }
}

TEST_CASE("convert: --dtype changes floating-point tensors only") {
  const TemporaryDirectory folder;
  const std::string in = torch_files + "plain.pth", out = folder.file("w.safetensors");
  CHECK(convert({in, out}).code == 0);
  const auto whole = SafetensorsReader(out).read("conv.weight").to_vector<float>();
  for (const auto& [dtype, type, most] : std::vector<std::tuple<std::string, std::string, float>>{
           {"float16", "F16", 0.0005f}, {"bfloat16", "BF16", 0.004f}, {"float32", "F32", 0.0f}}) {
    INFO(dtype);
    CHECK(convert({in, out, "--dtype", dtype}).code == 0);
    const SafetensorsReader reader(out);
    CHECK(reader.names().size() == 9);
    CHECK(reader.stored_type("conv.weight") == type);
    CHECK(reader.stored_type("norm.running_mean") == type);
    CHECK(reader.stored_type("norm.num_batches_tracked") == "I64");
    CHECK(reader.read("norm.num_batches_tracked").to_vector<std::int64_t>() == std::vector<std::int64_t>{7});
    const auto values = reader.read("conv.weight").to_vector<float>();
    for (std::size_t i = 0; i < whole.size(); ++i)
      CHECK(std::abs(values[i] - whole[i]) <= most * std::abs(whole[i]));
  }
  CHECK(convert({torch_files + "types.pth", out, "--dtype", "float32"}).code == 0);
  const SafetensorsReader reader(out);
  for (const std::string name : {"float64", "float16", "bfloat16"}) CHECK(reader.stored_type(name) == "F32");
  for (const auto& [name, type] : std::map<std::string, std::string>{
           {"bool", "BOOL"}, {"uint8", "U8"}, {"int8", "I8"}, {"int16", "I16"}, {"int32", "I32"}})
    CHECK(reader.stored_type(name) == type);
  CHECK(std::isinf(reader.read("float16").to_vector<float>()[4]));

  write_safetensors(folder.file("large.safetensors"),
                    {{"w", Tensor::from(std::vector<float>{1e6f}, Shape{1})}});
  CHECK(not_refused(
            "convert",
            convert({folder.file("large.safetensors"), folder.file("h.safetensors"), "--dtype", "float16"}),
            {"large.safetensors", "\"w\"", "1000000", "F16"}) == "");
  CHECK_FALSE(std::filesystem::exists(folder.file("h.safetensors")));
}

TEST_CASE("convert: --list prints what is there and writes nothing") {
  const TemporaryDirectory folder;
  const ProgramResult result = convert({torch_files + "plain.pth", "--list"});
  CHECK(result.code == 0);
  CHECK(result.out.starts_with("conv.weight\tF32\t[3, 2, 3, 3]\nconv.bias\tF32\t[3]\nnorm.weight"));
  CHECK(result.out.find("norm.num_batches_tracked\tI64\t[]\n") != std::string::npos);
  CHECK(result.out.ends_with("\n9 tensors, 6 without batch norm's statistics: 71 parameters\n"));
  CHECK(convert({torch_files + "plain.pth", folder.file("w.safetensors"), "--list"}).out == result.out);
  CHECK(folder.entries() == 0);
  CHECK(convert({torch_files + "two.pth", "--list", "--key", "teacher"}).out ==
        "w\tF32\t[2]\n1 tensors: 2 parameters\n");
}

TEST_CASE("convert: wrong files and names are refused, and nothing is left behind") {
  const TemporaryDirectory folder;
  const std::string good = torch_files + "plain.pth", out = folder.file("w.safetensors");
  const auto refused = [&](const std::vector<std::string>& arguments, const std::vector<std::string>& parts) {
    CHECK(not_refused("convert", convert(arguments), parts) == "");
    CHECK(folder.entries() == 0);
  };
  refused({good}, {"say where to write"});
  refused({good, folder.file("w.pth")}, {"w.pth should end in .safetensors"});
  refused({good, folder.file("no/w.safetensors")}, {"no/w.safetensors", "No such file"});
  refused({folder.file("none.pth"), out}, {"none.pth", "No such file"});
  refused({folder.path().string(), out}, {"is a directory"});
  refused({torch_files + "two.pth", out}, {"several state dicts", "model", "ema.shadow"});
  refused({torch_files + "two.pth", out, "--key", "x"}, {"no state dict \"x\""});
  const ProgramResult unknown = convert({good, out, "--dtype", "int8"});
  CHECK(unknown.code != 0);
  CHECK(unknown.err.find("int8") != std::string::npos);

  write_file_atomically(out, "old");
  for (const std::string name : {"global", "legacy", "wrong_crc", "lying_bomb", "several"}) {
    const std::string bad = folder.file("bad.pth");
    write_file_atomically(bad, hostile_torch_file(name));
    CHECK(not_refused("convert", convert({bad, out}), {bad}) == "");
    CHECK(read_file(out) == "old");
    CHECK(folder.entries() == 2);
    std::filesystem::remove(bad);
  }
}

TEST_CASE("convert: a file is not converted into itself, by whatever name") {
  const TemporaryDirectory folder;
  const std::string file = folder.file("w.safetensors"), link = folder.file("link.safetensors");
  CHECK(convert({torch_files + "plain.pth", file}).code == 0);
  std::filesystem::create_symlink(file, link);
  const std::string before = read_file(file);
  for (const std::string& out : {file, link, (folder.path() / "." / "w.safetensors").string()})
    CHECK(not_refused("convert", convert({file, out, "--dtype", "float16"}), {"the same file"}) == "");
  CHECK(read_file(file) == before);
}
