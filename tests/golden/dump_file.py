"""Writes the dumps: safetensors files whose bytes depend on their contents only."""

import json
import pathlib

import numpy
import safetensors.numpy

DIRECTORY = pathlib.Path(__file__).resolve().parent


def save(name, tensors, metadata):
    """Writes `tensors` (name -> torch.Tensor or numpy array) and `metadata` (name -> anything JSON can say; strings
    stay as they are) to the file `name` beside this script.

    The library writes the file; only the order of the header's keys, which it leaves to chance, is then sorted (the
    data offsets in the header are what says where a tensor lies, so the data stay where they are).
    """
    arrays = {key: numpy.array(value.detach() if hasattr(value, "detach") else value, order="C")
              for key, value in tensors.items()}
    strings = {key: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
               for key, value in metadata.items()}
    data = safetensors.numpy.save(arrays, metadata=strings)

    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = len(text).to_bytes(8, "little") + text + data[8 + length:]

    read = safetensors.numpy.load(data)
    assert read.keys() == arrays.keys()
    assert all(numpy.array_equal(read[key], value, equal_nan=value.dtype.kind == "f") for key, value in arrays.items())
    path = DIRECTORY / name
    path.write_bytes(data)
    print(f"{path.name}: {len(arrays)} tensors, {len(data)} bytes")
