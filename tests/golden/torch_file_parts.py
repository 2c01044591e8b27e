"""Pieces of .pth files put together by hand: pickles from opcodes, and the two containers around them."""

import io
import struct
import zipfile

MAGIC = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")
STAMP = (2020, 1, 1, 0, 0, 0)


def text(value):
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value):
    return b"\x8a" + bytes([9]) + value.to_bytes(9, "little", signed=True) if value >= 1 << 63 else \
        b"\x8a\x08" + value.to_bytes(8, "little", signed=True)


def name(module, function):
    return b"c" + module.encode() + b"\n" + function.encode() + b"\n"


def tuple_of(*parts):
    return b"(" + b"".join(parts) + b"t"


def pickle(body, protocol=2):
    return b"\x80" + bytes([protocol]) + body + b"."


def storage(key="0", count=4, kind="FloatStorage", view=b""):
    return tuple_of(text("storage"), name("torch", kind), text(key), text("cpu"), integer(count), view) + b"Q"


def tensor(shape=(4,), strides=(1,), offset=0, of=None, function="_rebuild_tensor_v2", rest=None):
    if rest is None:
        rest = b"\x89" + name("collections", "OrderedDict") + b")R"
    return (name("torch._utils", function)
            + tuple_of(of or storage(), integer(offset), tuple_of(*map(integer, shape)),
                       tuple_of(*map(integer, strides)), rest) + b"R")


def state_dict(**items):
    """{name: tensor}; the values are opcodes."""
    return b"}" + b"".join(text(key) + value + b"s" for key, value in items.items())


def archive(entries, packed=zipfile.ZIP_STORED, zip64=False):
    """A zip file of (name, bytes) pairs, the same bytes on every run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as file:
        for entry, data in entries:
            info = zipfile.ZipInfo(entry, STAMP)
            info.compress_type = packed
            with file.open(info, "w", force_zip64=zip64) as stream:
                stream.write(data)
    return out.getvalue()


def zip_file(body, storages=None, order=b"little", protocol=2, packed=zipfile.ZIP_STORED):
    """What torch.save writes, for a pickle of these opcodes."""
    if storages is None:
        storages = {"0": struct.pack("<4f", 1, 2, 3, 4)}
    return archive([("archive/data.pkl", pickle(body, protocol)), ("archive/byteorder", order)]
                   + [("archive/data/" + key, data) for key, data in storages.items()]
                   + [("archive/version", b"3\n")], packed)


def legacy_file(body, storages=None, keys=None):
    if storages is None:
        storages = {"0": (4, struct.pack("<4f", 1, 2, 3, 4))}
    listed = b"".join(text(key) for key in (keys or storages))
    head = (pickle(b"\x8a\x0a" + MAGIC) + pickle(integer(1001)) + pickle(state_dict(little_endian=b"\x88"))
            + pickle(body) + pickle(b"](" + listed + b"e"))
    return head + b"".join(struct.pack("<q", count) + data for count, data in storages.values())
