"""The hostile and broken files of make_torch_files.py. None of them is loaded here.

tests/io/torch_hostile_test.cpp says what each of them must be answered with.
"""

import io
import pickle as python_pickle
import struct
import zipfile

import numpy
import torch
from torch import nn

from torch_file_parts import (archive, integer, legacy_file, name, pickle, state_dict, storage, tensor, text, tuple_of,
                              zip_file)

SYSTEM = name("os", "system") + tuple_of(text("touch dlcore-was-here")) + b"R"
FOUR = struct.pack("<4f", 1, 2, 3, 4)


def saved(what, **options):
    out = io.BytesIO()
    torch.save(what, out, **options)
    return out.getvalue()


def with_tensor(**options):
    return zip_file(state_dict(w=tensor(**options)))


def patched(data, entry, at, value):
    """The archive with bytes of an entry's record replaced, in the directory (to which `at` refers) and before it."""
    data = bytearray(data)
    position = data.index(b"PK\x01\x02")
    while data[position + 46:position + 46 + len(entry)] != entry:
        position = data.index(b"PK\x01\x02", position + 4)
    data[position + at:position + at + len(value)] = value
    local = struct.unpack_from("<I", data, position + 42)[0]
    data[local + at - 2:local + at - 2 + len(value)] = value
    return bytes(data)


def executing():
    return {
        "global": zip_file(SYSTEM),
        "global_in_dict": zip_file(state_dict(w=tensor(), x=SYSTEM)),
        "stack_global": zip_file(text("os") + text("system") + b"\x93" + tuple_of(text("true")) + b"R", protocol=4),
        "eval": zip_file(text("builtins") + text("eval") + b"\x93" + tuple_of(text("1")) + b"R", protocol=4),
        "legacy": legacy_file(SYSTEM),
        "legacy_keys": legacy_file(state_dict(w=tensor())).replace(b"](X\1\0\0\0" + b"0e.", b"](" + SYSTEM + b"e."),
        "bare_pickle": pickle(SYSTEM),
        "dotted": zip_file(name("torch._utils", "_rebuild_tensor_v2.__globals__") + b")R"),
        "hidden_class": zip_file(name("torch", "FloatStorage.__init__") + b")R"),
        "inst": zip_file(b"(" + text("true") + b"ios\nsystem\n"),
        "obj": zip_file(b"(" + name("collections", "OrderedDict") + b"o"),
        "newobj": zip_file(name("collections", "OrderedDict") + b")\x81"),
        "newobj_ex": zip_file(name("collections", "OrderedDict") + b")}\x92", protocol=4),
        "extension": zip_file(b"\x82\x01"),
        "build_tensor": zip_file(tensor() + b"}b"),
        "build_list": zip_file(b"]}b"),
        "build_tuple_state": zip_file(name("collections", "OrderedDict") + b")R)b"),
        "call_storage": zip_file(name("torch", "FloatStorage") + tuple_of(integer(1 << 40)) + b"R"),
        "call_text": zip_file(text("os.system") + b")R"),
        "call_without_tuple": zip_file(name("collections", "OrderedDict") + b"]R"),
        "persistent_module": zip_file(tuple_of(text("module"), text("os"), text(""), text("")) + b"Q"),
        "numpy_scalar": saved({"model": {"w": torch.ones(1)}, "best": numpy.float64(1)}),
        "whole_model": saved(nn.Linear(2, 2)),
        "complex": saved({"w": torch.zeros(2, dtype=torch.complex64)}),
        "negated": saved({"w": torch.ones(2, dtype=torch.complex64).conj().imag}),
        "uint16": saved({"w": torch.zeros(2, dtype=torch.uint16)}),
    }


def broken_pickles():
    nested = b"]" * 100_000 + b"a" * 99_999
    return {
        "deep_lists": zip_file(nested, packed=zipfile.ZIP_DEFLATED),
        "deep_dicts": zip_file((b"}" + text("a")) * 20_000 + b"N" + b"s" * 20_000, packed=zipfile.ZIP_DEFLATED),
        "deep_tuples": zip_file(b"N" + b"\x85" * 100_000, packed=zipfile.ZIP_DEFLATED),
        "contains_itself": zip_file(b"}q\0" + text("a") + b"h\0s"),
        "many_values": zip_file(b"N0" * 4_500_000 + b"N", packed=zipfile.ZIP_DEFLATED),
        "many_marks": zip_file(b"(" * 4_500_000, packed=zipfile.ZIP_DEFLATED),
        "many_copies": zip_file(b"}q\0(" + b"NN" * 4000 + b"u0" + (name("collections", "Counter") + b"h\0\x85R0") * 2000
                                + b"N", packed=zipfile.ZIP_DEFLATED),
        "many_dicts": zip_file(text("a" * 200) + b"q\x000}(" + b"h\0}" * 1_900_000 + b"u", packed=zipfile.ZIP_DEFLATED),
        "memo": zip_file(b"h\xc8"),
        "long_memo": zip_file(b"Nr\xff\xff\xff\xffj\xfe\xff\xff\xff"),
        "empty_stack": zip_file(b"0"),
        "below_mark": zip_file(b"N(0"),
        "no_mark": zip_file(b"t"),
        "left_over": zip_file(b"NN"),
        "odd_items": zip_file(b"}(Nu"),
        "append_to_tuple": zip_file(b")Na"),
        "items_of_list": zip_file(b"]NNs"),
        "long_text": zip_file(b"\x8d" + struct.pack("<Q", 1 << 62)),
        "long_integer": zip_file(b"\x8b" + struct.pack("<i", -1)),
        "long_name": zip_file(b"c" + b"a" * 5000),
        "no_end": archive([("archive/data.pkl", b"\x80\x02}")]),
        "protocol0": archive([("archive/data.pkl", python_pickle.dumps({"w": 1.5}, 0))]),
        "protocol9": zip_file(b"N", protocol=9),
        "bytes": zip_file(b"C\x01a"),
        "set": zip_file(b"\x8f", protocol=4),
        "unknown_opcode": zip_file(b"\xff"),
        "terminal": zip_file(name("\x1b[2J", "\x1b]0;owned\x07")),
    }


def broken_tensors():
    big = 1 << 40
    return {
        "short_storage": with_tensor(shape=(5,)),
        "short_record": zip_file(state_dict(w=tensor()), {"0": FOUR[:12]}),
        "missing_record": zip_file(state_dict(w=tensor(of=storage("1")))),
        "other_type": zip_file(state_dict(w=tensor(), x=tensor(of=storage(count=2, kind="LongStorage")))),
        "other_count": zip_file(state_dict(w=tensor(), x=tensor((2,), of=storage(count=2)))),
        "offset": with_tensor(offset=1),
        "huge_offset": with_tensor(offset=(1 << 63) - 1),
        "negative_offset": with_tensor(offset=-1),
        "strides": with_tensor(shape=(2, 2), strides=(3, 1)),
        "huge_strides": with_tensor(shape=(2, 2, 2, 2), strides=((1 << 63) - 1,) * 4),
        "wrapping_strides": with_tensor(shape=(5, 5, 5, 5, 5), strides=(1 << 57,) * 5),
        "negative_stride": with_tensor(shape=(4,), strides=(-1,), offset=3),
        "negative_size": with_tensor(shape=(-4,)),
        "huge_size": with_tensor(shape=(big, big), strides=(0, 0)),
        "overflow_behind_zero": with_tensor(shape=(0, big, big), strides=(0, 0, 0)),
        "expanded_bomb": with_tensor(shape=(big,), strides=(0,)),
        "few_strides": with_tensor(shape=(2, 2), strides=(1,)),
        "many_dimensions": with_tensor(shape=(1,) * 7, strides=(1,) * 7),
        "too_many_dimensions": with_tensor(shape=(1,) * 65, strides=(1,) * 65),
        "wide_size": with_tensor(shape=(1 << 63,)),
        "size_is_text": zip_file(name("torch._utils", "_rebuild_tensor_v2")
                                 + tuple_of(storage(), integer(0), tuple_of(text("4")), tuple_of(integer(1))) + b"R"),
        "no_storage": zip_file(name("torch._utils", "_rebuild_tensor_v2") + tuple_of(b"N", b"N", b")", b")") + b"R"),
        "few_arguments": zip_file(name("torch._utils", "_rebuild_tensor_v2") + tuple_of(storage()) + b"R"),
        "parameter_of_text": zip_file(name("torch._utils", "_rebuild_parameter") + tuple_of(text("a"), b"\x88", b"N")
                                      + b"R"),
        "storage_view": legacy_file(state_dict(w=tensor((2,), of=storage(
            view=tuple_of(text("1"), integer(3), integer(2)))))),
        "key_with_path": zip_file(state_dict(w=tensor(of=storage("../../../etc/passwd")))),
        "two_names": zip_file(b"}" + text("w") + tensor() + b"s" + text("w") + tensor() + b"s"),
        "nul_name": zip_file(b"}" + text("w\0x") + tensor() + b"s"),
        "no_name": zip_file(b"}" + text("") + tensor() + b"s"),
        "overlong_name": zip_file(b"}" + text("w" * 1001) + tensor() + b"s"),
        "name_not_utf8": zip_file(b"}" + text(b"w\xff") + tensor() + b"s"),
        "metadata_name": zip_file(b"}" + text("__metadata__") + tensor() + b"s"),
    }


def broken_containers():
    good, old = with_tensor(), legacy_file(state_dict(w=tensor()))
    packed = zip_file(state_dict(w=tensor()), {"0": bytes(1000)}, packed=zipfile.ZIP_DEFLATED)
    liar = zip_file(state_dict(w=tensor()), {"0": bytes(100_000)}, packed=zipfile.ZIP_DEFLATED)
    crc_at, size_at = 16, 24
    entry = b"archive/data/0"
    return {
        "truncated": good[:-30],
        "truncated_early": good[:60],
        "wrong_crc": patched(good, entry, crc_at, b"\1\2\3\4"),
        "wrong_pickle_crc": patched(good, b"archive/data.pkl", crc_at, b"\1\2\3\4"),
        "changed_data": good.replace(FOUR, FOUR[:8] + FOUR[:8]),
        "claimed_bomb": patched(packed, entry, size_at, struct.pack("<I", 0xFFFFFF00)),
        "lying_bomb": patched(liar, entry, size_at, struct.pack("<I", 16)),
        "stored_claim": patched(good, entry, size_at, struct.pack("<I", 1 << 30)),
        "encrypted": patched(patched(good, entry, 8, b"\1\0"), b"archive/data.pkl", 8, b"\1\0"),
        "packed_otherwise": archive([("archive/data.pkl", pickle(b"N"))], zipfile.ZIP_BZIP2),
        "entry_twice": archive([("archive/data.pkl", pickle(tensor())), ("archive/data.pkl", pickle(SYSTEM))]),
        "two_folders": archive([("a/data.pkl", pickle(b"N")), ("b/data.pkl", pickle(b"N"))]),
        "no_pickle": archive([("word/document.xml", b"<xml/>")]),
        "program": archive([("a/data.pkl", pickle(b"N")), ("a/constants.pkl", pickle(b"N"))]),
        "byte_order": zip_file(state_dict(w=tensor()), order=b"middle"),
        "tar": b"sys_info".ljust(257, b"\0") + b"ustar\0".ljust(300, b"\0"),
        "empty": b"",
        "text": b"not weights\n",
        "other_pickle": python_pickle.dumps({"w": [1.0, 2.0]}, 2),
        "legacy_truncated": old[:-1],
        "legacy_no_storage": old[:-24],
        "legacy_cut_pickle": old[:200],
        "legacy_longer": old + b"\0",
        "legacy_count": legacy_file(state_dict(w=tensor()), {"0": (3, FOUR[:12])}),
        "legacy_huge_count": legacy_file(state_dict(w=tensor(of=storage(count=1 << 58))), {"0": (1 << 58, FOUR)}),
        "legacy_missing_key": legacy_file(state_dict(w=tensor(), x=tensor(of=storage("1")))),
        "legacy_key_twice": legacy_file(state_dict(w=tensor()), keys=["0", "0"]),
        "legacy_unknown_key": legacy_file(state_dict(w=tensor()), keys=["0", "7"]),
        "legacy_version": old.replace(integer(1001), integer(1002)),
    }


def without_weights():
    return {
        "tensor_alone": saved(torch.ones(2)), "list": saved([torch.ones(2)]), "empty_dict": saved({}),
        "mixed": saved({"epoch": 3, "w": torch.ones(2)}), "numbered": saved({0: torch.ones(2)}),
        "several": saved({"model": {"w": torch.ones(2)}, "ema": {"w": torch.ones(2)}}),
    }


def hostile_files():
    """Name -> bytes."""
    return executing() | broken_pickles() | broken_tensors() | broken_containers() | without_weights()
