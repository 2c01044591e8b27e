"""A PNG encoder for every colour type, depth and interlacing, from the samples as they are stored: what libraries offer
writes a few kinds only, and would be held against itself."""

import struct
import zlib

import numpy

GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def scanlines(samples, depth):
    """Rows of bytes, each behind a zero, which says that it is not filtered. samples: (height, width, channels)."""
    rows = b""
    for row in samples.reshape(samples.shape[0], -1):
        bits = (row[:, None] >> numpy.arange(depth - 1, -1, -1)) & 1
        rows += b"\0" + numpy.packbits(bits.astype(numpy.uint8)).tobytes()
    return rows


def encode(samples, colour, depth, interlaced=False, palette=None, transparent=None):
    """samples: (height, width, channels) of `depth` bits. palette: (n, 3); transparent: the bytes of a tRNS chunk."""
    height, width, channels = samples.shape
    assert channels == CHANNELS[colour] and samples.max() < 1 << depth
    data = b"\x89PNG\r\n\x1a\n"
    data += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
    if palette is not None:
        data += chunk(b"PLTE", numpy.asarray(palette, numpy.uint8).tobytes())
    if transparent is not None:
        data += chunk(b"tRNS", transparent)
    passes = [samples]
    if interlaced:
        passes = [samples[row::rows, column::columns] for row, column, rows, columns in ADAM7]
    rows = b"".join(scanlines(part, depth) for part in passes if part.size)
    return data + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
