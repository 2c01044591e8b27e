// Hostile and broken PyTorch files: each is answered with one sentence that says what is wrong.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/torch_files.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Answers = std::map<std::string, std::vector<std::string>>;

const Answers executing{
    {"global", {"wants to call os.system, which dlcore never does"}},
    {"global_in_dict", {"wants to call os.system"}},
    {"stack_global", {"wants to call os.system"}},
    {"eval", {"wants to call builtins.eval"}},
    {"legacy", {"wants to call os.system"}},
    {"legacy_keys", {"wants to call os.system"}},
    {"bare_pickle", {"wants to call os.system"}},
    {"dotted", {"wants to call torch._utils._rebuild_tensor_v2.__globals__"}},
    {"hidden_class", {"wants to call torch.FloatStorage.__init__"}},
    {"inst", {"wants to call os.system (INST)"}},
    {"obj", {"object of a class (OBJ)"}},
    {"newobj", {"object of a class (NEWOBJ)"}},
    {"newobj_ex", {"object of a class (NEWOBJ)"}},
    {"extension", {"copyreg (EXT)"}},
    {"build_tensor", {"the state of a tensor (BUILD)"}},
    {"build_list", {"the state of a list (BUILD)"}},
    {"build_tuple_state", {"the state of a dict (BUILD)"}},
    {"call_storage", {"wants to call torch.FloatStorage"}},
    {"call_text", {"wants to call a str"}},
    {"call_without_tuple", {"collections.OrderedDict", "a list in place of a tuple"}},
    {"persistent_module", {"no storage (module)"}},
    {"numpy_scalar", {"multiarray.scalar"}},
    {"whole_model", {"torch.nn.modules.linear.Linear", "a whole model was saved", "state_dict()"}},
    {"complex", {"a tensor of a type that dlcore does not read (torch.ComplexFloatStorage)"}},
    {"negated", {"negated view"}},
    {"uint16", {"a tensor of a type that dlcore does not read (torch._utils._rebuild_tensor_v3)"}},
};

const Answers broken_pickles{
    {"deep_lists", {"no state dict", "holds a list"}},
    {"deep_dicts", {"no state dict", "a dict of a (a dict)"}},
    {"deep_tuples", {"no state dict", "holds a tuple"}},
    {"contains_itself", {"no state dict", "a dict of a (a dict)"}},
    {"many_values", {"more than 4000000 values"}},
    {"many_marks", {"more than 4000000 values"}},
    {"many_copies", {"copies more than 4000000 values"}},
    {"many_dicts", {"no state dict", "aaa... (a dict)", "and 1899980 more"}},
    {"memo", {"value 200 of its memo"}},
    {"long_memo", {"value 4294967294 of its memo"}},
    {"empty_stack", {"empty stack"}},
    {"below_mark", {"empty stack"}},
    {"no_mark", {"a mark that is not there"}},
    {"left_over", {"values left over"}},
    {"odd_items", {"a key without a value"}},
    {"append_to_tuple", {"append to a tuple"}},
    {"items_of_list", {"items of a list"}},
    {"long_text", {"4611686018427387904 bytes"}},
    {"long_integer", {"4294967295 bytes"}},
    {"long_name", {"longer than 1000 bytes"}},
    {"no_end", {"truncated"}},
    {"protocol0", {"protocol 0"}},
    {"protocol9", {"protocol 9, expected 2 to 5"}},
    {"bytes", {"has bytes in it"}},
    {"set", {"has a set in it"}},
    {"unknown_opcode", {"opcode 0xff"}},
    {"terminal", {"wants to call  [2J. ]0;owned , which"}},
};

const Answers broken_tensors{
    {"short_storage", {"shape [5], strides [1] and offset 0", "storage of 4 elements"}},
    {"short_record", {"storage \"0\" should have 16 bytes", "has 12"}},
    {"missing_record", {"storage \"1\" is missing"}},
    {"other_type", {"storage \"0\" is 4 elements of F32 in one place and 2 of I64"}},
    {"other_count", {"storage \"0\" is 4 elements of F32 in one place and 2 of F32"}},
    {"offset", {"offset 1 does not lie within its storage"}},
    {"huge_offset", {"offset", "9223372036854775807"}},
    {"negative_offset", {"offset", "-1"}},
    {"strides", {"strides [3, 1]", "storage of 4 elements"}},
    {"huge_strides", {"strides", "9223372036854775807"}},
    {"wrapping_strides", {"does not lie within its storage of 4 elements"}},
    {"negative_stride", {"strides", "-1"}},
    {"negative_size", {"shape", "-4"}},
    {"huge_size", {"too many elements"}},
    {"overflow_behind_zero", {"too many elements"}},
    {"expanded_bomb", {"more than 67108864 bytes", "bomb"}},
    {"few_strides", {"2 dimensions, but 1 strides"}},
    {"many_dimensions", {"tensor \"w\" has 7 dimensions, more than 6"}},
    {"too_many_dimensions", {"65 dimensions, more than 16"}},
    {"wide_size", {"a large int"}},
    {"size_is_text", {"a str"}},
    {"no_storage", {"storage is None"}},
    {"few_arguments", {"1 values, expected 4 to 7"}},
    {"parameter_of_text", {"parameter is not made of a tensor"}},
    {"storage_view", {"view of storage \"0\"", "4 elements"}},
    {"key_with_path", {"storage \"../../../etc/passwd\" is missing"}},
    {"two_names", {"the tensor \"w\" twice"}},
    {"nul_name", {"1 to 1000 bytes of text", "\"w x\""}},
    {"no_name", {"1 to 1000 bytes of text", "\"\""}},
    {"overlong_name", {"1 to 1000 bytes of text", "www..."}},
    {"name_not_utf8", {"1 to 1000 bytes of text", "\"w?\""}},
    {"metadata_name", {"\"__metadata__\""}},
};

const Answers broken_containers{
    {"truncated", {"truncated"}},
    {"truncated_early", {"truncated"}},
    {"wrong_crc", {"\"archive/data/0\"", "damaged", "CRC"}},
    {"wrong_pickle_crc", {"\"archive/data.pkl\"", "damaged", "CRC"}},
    {"changed_data", {"\"archive/data/0\"", "damaged", "CRC"}},
    {"claimed_bomb", {"more than 67108864 bytes", "bomb"}},
    {"lying_bomb", {"\"archive/data/0\"", "16 bytes that it claims"}},
    {"stored_claim", {"claims 1073741824 bytes", "16 packed"}},
    {"encrypted", {"is encrypted"}},
    {"packed_otherwise", {"packed by method 12"}},
    {"entry_twice", {"the entry \"archive/data.pkl\" twice"}},
    {"two_folders", {"data.pkl in two folders"}},
    {"no_pickle", {"a zip archive, but not PyTorch's"}},
    {"program", {"a TorchScript program"}},
    {"byte_order", {"\"middle\""}},
    {"tar", {"a tar archive"}},
    {"empty", {"is empty"}},
    {"text", {"neither a safetensors file nor one that torch.save wrote"}},
    {"other_pickle", {"not PyTorch's", "magic number"}},
    {"legacy_truncated", {"truncated", "16 bytes, but 15"}},
    {"legacy_no_storage", {"truncated", "storage \"0\" is missing"}},
    {"legacy_cut_pickle", {"truncated"}},
    {"legacy_longer", {"1 unused bytes"}},
    {"legacy_count", {"4 elements, but has 3"}},
    {"legacy_huge_count", {"truncated", "1152921504606846976 bytes"}},
    {"legacy_missing_key", {"storage \"1\" is missing"}},
    {"legacy_key_twice", {"\"0\"", "twice"}},
    {"legacy_unknown_key", {"\"7\"", "no tensor has"}},
    {"legacy_version", {"should be 1001, but is 1002"}},
};

const Answers without_weights{
    {"tensor_alone", {"no state dict", "holds a tensor"}},
    {"list", {"no state dict", "holds a list"}},
    {"empty_dict", {"no state dict", "an empty dict"}},
    {"mixed", {"no state dict", "epoch (an int), w (a tensor)"}},
    {"numbered", {"no state dict", "an int (a tensor)"}},
    {"several", {"several state dicts", "--key", "model (1 tensors), ema (1 tensors)"}},
};

void check(const Answers& answers) {
  const TemporaryDirectory folder;
  for (const auto& [name, parts] : answers) {
    const std::string path = folder.file(name + ".pth");
    std::ofstream(path, std::ios::binary) << hostile_torch_file(name);
    const std::string message = error_of([&] { read_everything(path); });
    CHECK(lacks(message, {path}) == "");
    for (const auto& part : parts) CHECK(lacks(message, {part}) == "");
    CHECK(std::none_of(message.begin(), message.end(),
                       [](char c) { return static_cast<unsigned char>(c) < ' '; }));
  }
  CHECK_FALSE(std::filesystem::exists("dlcore-was-here"));
}

}  // namespace

TEST_CASE("hostile torch files: what wants to execute") {
  check(executing);
}
TEST_CASE("hostile torch files: broken pickles") {
  check(broken_pickles);
}
TEST_CASE("hostile torch files: broken tensors") {
  check(broken_tensors);
}
TEST_CASE("hostile torch files: broken containers") {
  check(broken_containers);
}
TEST_CASE("hostile torch files: files without weights") {
  check(without_weights);
}
TEST_CASE("hostile torch files: there is an answer for each of them") {
  std::size_t answers = 0;
  for (const Answers* each :
       {&executing, &broken_pickles, &broken_tensors, &broken_containers, &without_weights})
    answers += each->size();
  CHECK(answers == hostile_torch_files().size());
}
