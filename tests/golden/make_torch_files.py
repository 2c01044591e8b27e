"""Makes torch_files/: small files as torch.save writes them, what PyTorch finds in them (expected.safetensors), and
hostile ones, which a reader must refuse (hostile.safetensors: each of them as bytes; make_hostile_torch_files.py).

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy safetensors
    /tmp/venv/bin/python tests/golden/make_torch_files.py

In the older format storages are called by their addresses, so those files differ from run to run in their keys.
"""

import io
import json
import pathlib
import struct
import zipfile
from collections import OrderedDict

import safetensors.torch
import torch
from torch import nn

import make_hostile_torch_files
from torch_file_parts import archive, integer, legacy_file, name, storage, tensor, text, tuple_of, zip_file

FOLDER = pathlib.Path(__file__).resolve().parent / "torch_files"


def model():
    torch.manual_seed(0)
    net = nn.Sequential(OrderedDict(conv=nn.Conv2d(2, 3, 3), norm=nn.BatchNorm2d(3), score=nn.Linear(3, 2)))
    net.norm.running_mean.copy_(torch.randn(3))
    net.norm.num_batches_tracked.fill_(7)
    return net


def types():
    torch.manual_seed(1)
    values = torch.tensor([1.5, -2.25, 0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e-7])
    return {
        "float32": values, "float64": values.double() / 3, "float16": values.half(), "bfloat16": values.bfloat16(),
        "int64": torch.tensor(1 << 40), "int32": torch.tensor([-7, 7], dtype=torch.int32),
        "int16": torch.tensor([[-300], [300]], dtype=torch.int16), "int8": torch.tensor([-128, 127], dtype=torch.int8),
        "uint8": torch.tensor([0, 255], dtype=torch.uint8), "bool": torch.tensor([True, False, True]),
        "empty": torch.zeros(0, 3), "scalar": torch.tensor(0.1), "rank 6 ü": torch.rand(1, 2, 1, 2, 1, 3),
    }


def views():
    torch.manual_seed(2)
    base, image = torch.randn(4, 6), torch.randn(2, 3, 2, 4)
    return {
        "all": base, "tied": base, "transposed": base.t(), "slice": base[1:3, 2:5], "steps": base[::2, ::3],
        "row": base[3], "one": base[2, 4], "expanded": base[:, :1].expand(4, 5), "none": base[2:2],
        "behind": base[4:4, 5:],  # empty, from an element on that the storage does not have
        "channels_last": image.to(memory_format=torch.channels_last), "permuted": image.permute(2, 0, 3, 1),
        "tail": torch.arange(1000, dtype=torch.int16)[990:],  # of a storage that is saved whole
    }


def checkpoint():
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4])
    sum(parameter.sum() for parameter in net.parameters()).backward()
    optimizer.step()
    return {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "lr_scheduler": schedule.state_dict(),
            "epoch": 3, "best": 0.5, "seed": 2**63 + 5, "history": [(0, 1.5), (1, -2.5)], "note": None, "done": True}


def saved(what, **options):
    out = io.BytesIO()
    torch.save(what, out, **options)
    return out.getvalue()


def rewritten(data, change=lambda entry, content: content, **options):
    """The same archive written by Python, its entries changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return archive([(entry, change(entry, file.read(entry))) for entry in file.namelist()], **options)


def swapped(entry, content):
    if entry.endswith("byteorder"):
        return b"big"
    return struct.pack(">24f", *struct.unpack("<24f", content)) if "/data/" in entry else content


def good_files():
    """Name -> (bytes, key of the state dict or None)."""
    plain, old = model().state_dict(), {"_use_new_zipfile_serialization": False}
    pairs = tuple_of(b"](](U\x01w" + tensor(of=storage(view=b"N"), function="_rebuild_tensor", rest=b"") + b"ee")
    files = {
        "plain": saved(plain), "plain_legacy": saved(plain, **old),
        "plain_protocol4": saved(plain, pickle_protocol=4), "plain_protocol5": saved(plain, pickle_protocol=5),
        "plain_legacy_protocol4": saved(plain, pickle_protocol=4, **old),
        "parameters": saved(dict(model().named_parameters())),
        "types": saved(types()), "types_legacy": saved(types(), **old),
        "views": saved(views()), "views_legacy": saved(views(), **old),
        "module": saved({"module." + key: value for key, value in plain.items()}),
        "deflated": rewritten(saved(plain), packed=zipfile.ZIP_DEFLATED), "zip64": rewritten(saved(plain), zip64=True),
        "big_endian": rewritten(saved({"w": torch.arange(24.0).view(4, 6).t()}), swapped),
        # As Python 2 and PyTorch before 0.4 wrote it.
        "python2": legacy_file(name("collections", "OrderedDict") + pairs + b"R"),
        "legacy_view": legacy_file(b"}" + text("w") + tensor((2,), (1,), 1, storage(
            count=4, view=tuple_of(text("1"), integer(1), integer(3)))) + b"s"),
    }
    files = {key: (data, None) for key, data in files.items()}
    files["checkpoint"] = (saved(checkpoint()), "model")
    two = {"model": plain, "ema": {"shadow": {key: value * 2 for key, value in plain.items()}},
           "teacher": {"w": torch.ones(2)}, "epoch": 3}
    files["two"] = (saved(two), "model")
    return files


def save(file, tensors):
    metadata = {"made_by": "tests/golden/make_torch_files.py", "torch": torch.__version__}
    data = safetensors.torch.save(tensors, metadata)
    length = int.from_bytes(data[:8], "little")  # the library leaves the order of the header's keys to chance
    header = json.dumps(json.loads(data[8:8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    (FOLDER / file).write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length:])


def main():
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for file, (data, key) in good_files().items():
        (FOLDER / f"{file}.pth").write_bytes(data)
        found = torch.load(io.BytesIO(data), weights_only=False)
        found = found[key] if key else found
        for tensor_name, value in found.items():
            expected[f"{file}/{tensor_name.removeprefix('module.')}"] = value.detach().clone().contiguous()
    save("expected.safetensors", expected)
    save("hostile.safetensors", {file: torch.tensor(list(data), dtype=torch.uint8) for file, data
                                 in make_hostile_torch_files.hostile_files().items()})
    sizes = [path.stat().st_size for path in FOLDER.iterdir()]
    print(f"{len(sizes)} files, {sum(sizes)} bytes, the largest {max(sizes)}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
