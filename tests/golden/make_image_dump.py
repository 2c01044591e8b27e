"""Makes images/, tiny JPEG and PNG files of every kind, images.safetensors, the pixels that they hold, and
resize.safetensors, pictures resized by Pillow and torchvision. README.md, in this directory, lists them.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch torchvision numpy pillow safetensors
    /tmp/venv/bin/python tests/golden/make_image_dump.py
"""

import io
import struct

import numpy
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import functional

import dump_file
import raw_png
from raw_png import GRAY, GRAY_ALPHA, PALETTE, RGB, RGBA

FOLDER = dump_file.DIRECTORY / "images"
HEIGHT, WIDTH = 9, 17


def picture(height, width):
    """A smooth picture, without any symmetry. (height, width, 4) in 0..1: red, green, blue, alpha."""
    y, x = numpy.mgrid[0:height, 0:width]
    x, y = x / (width - 1), y / (height - 1)
    return numpy.stack([x, 1 - y, (x * y + y) / 2, 0.2 + 0.8 * (x + 1 - y) / 2], 2)


def quantised(values, depth):
    return numpy.rint(values * ((1 << depth) - 1)).astype(numpy.int64)


def to_8_bit(samples, depth):
    return numpy.rint(samples * (255 / ((1 << depth) - 1)))


def over_white(rgb, alpha):
    return numpy.floor((rgb * alpha + 255 * (255 - alpha)) / 255 + 0.5)


def spread(gray):
    return numpy.repeat(gray, 3, 2)


def png_files():
    """name -> (file, pixels)"""
    rgba = picture(HEIGHT, WIDTH)
    files = {}

    def add(name, samples, pixels, colour, depth, **more):
        for interlaced in [False, True]:
            data = raw_png.encode(samples, colour, depth, interlaced, **more)
            files[name + ("_interlaced" if interlaced else "")] = (data, pixels)

    for depth in [1, 2, 4, 8, 16]:
        gray = quantised(rgba[:, :, :1], depth)
        add(f"gray{depth}", gray, spread(to_8_bit(gray, depth)), GRAY, depth)
    for depth in [8, 16]:
        all_four = quantised(rgba, depth)
        in_8 = to_8_bit(all_four, depth)
        add(f"rgb{depth}", all_four[:, :, :3], in_8[:, :, :3], RGB, depth)
        add(f"rgba{depth}", all_four, over_white(in_8[:, :, :3], in_8[:, :, 3:]), RGBA, depth)
        add(f"gray_alpha{depth}", all_four[:, :, [0, 3]], over_white(spread(in_8[:, :, :1]), in_8[:, :, 3:]),
            GRAY_ALPHA, depth)
    for depth in [1, 2, 4, 8]:
        colours = min(1 << depth, 200)
        palette = numpy.array([[i * 37 % 256, 255 - i, i * 101 % 256] for i in range(colours)])
        index = numpy.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1) % colours
        add(f"palette{depth}", index, palette[index[:, :, 0]], PALETTE, depth, palette=palette)
    alpha = numpy.array([0, 128, 255])  # the other colours are opaque
    opacity = numpy.append(alpha, [255] * 13)[index % 16]
    index = index % 16
    add("palette_transparent", index, over_white(palette[index[:, :, 0]], opacity), PALETTE, 8,
        palette=palette[:16], transparent=bytes(alpha.tolist()))
    gray = quantised(rgba[:, :, :1], 4)
    add("gray_transparent", gray, numpy.where(gray == 6, 255, spread(to_8_bit(gray, 4))), GRAY, 4,
        transparent=struct.pack(">H", 6))
    colour = quantised(rgba[:, :, :3], 8)
    chosen = colour[3, 5]
    add("rgb_transparent", colour, numpy.where((colour == chosen).all(2, keepdims=True), 255, colour), RGB, 8,
        transparent=struct.pack(">HHH", *chosen.tolist()))
    return files


def jpeg_bytes(image, **options):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def without_segment(data, marker):
    begin = data.index(b"\xff" + bytes([marker]))
    return data[:begin] + data[begin + 2 + int.from_bytes(data[begin + 2:begin + 4], "big"):]


def jpeg_files():
    """name -> (file, pixels). Pillow decodes them, and it knows Adobe's way of storing CMYK only."""
    rgb = Image.fromarray(quantised(picture(HEIGHT, WIDTH)[:, :, :3], 8).astype(numpy.uint8))
    files = {
        "baseline": jpeg_bytes(rgb, subsampling="4:4:4"),
        "subsampled_422": jpeg_bytes(rgb, subsampling="4:2:2"),
        "subsampled_420": jpeg_bytes(rgb, subsampling="4:2:0", optimize=True),
        "progressive": jpeg_bytes(rgb, progressive=True),
        "restarts": jpeg_bytes(rgb, restart_marker_blocks=1),
        "rgb": jpeg_bytes(rgb, keep_rgb=True),
        "gray": jpeg_bytes(rgb.convert("L")),
        "gray_progressive": jpeg_bytes(rgb.convert("L"), progressive=True),
    }
    files = {name: (data, numpy.asarray(Image.open(io.BytesIO(data)).convert("RGB"))) for name, data in files.items()}

    inks = numpy.asarray(rgb.convert("CMYK")).copy()
    inks[:, :, 3] = numpy.linspace(0, 200, WIDTH)
    adobe = jpeg_bytes(Image.fromarray(inks, "CMYK"))
    pixels = numpy.asarray(Image.open(io.BytesIO(adobe)).convert("RGB"))
    files["cmyk_adobe"] = (adobe, pixels)

    # Without Adobe's segment nothing is inverted; Pillow inverts when it writes.
    plain = jpeg_bytes(Image.fromarray(255 - inks, "CMYK"))
    decoded = 255 - numpy.asarray(Image.open(io.BytesIO(plain))).astype(numpy.int64)
    files["cmyk_plain"] = (without_segment(plain, 0xEE),
                           numpy.rint((255 - decoded[:, :, :3]) * (255 - decoded[:, :, 3:]) / 255))

    # YCCK: the inverted inks as if they were red, green and blue, turned to YCbCr; Adobe's segment has the code 2.
    ycc = numpy.asarray(Image.fromarray(255 - inks[:, :, :3]).convert("YCbCr"))
    stored = numpy.concatenate([ycc, 255 - inks[:, :, 3:]], 2)
    data = bytearray(jpeg_bytes(Image.fromarray(255 - stored, "CMYK")))
    at = data.index(b"Adobe") + 11
    assert data[at] == 0
    data[at] = 2
    files["ycck_adobe"] = (bytes(data), numpy.asarray(Image.open(io.BytesIO(bytes(data))).convert("RGB")))
    return files


def save_files():
    FOLDER.mkdir(exist_ok=True)
    pixels = {}
    for suffix, files in [("png", png_files()), ("jpg", jpeg_files())]:
        for name, (data, expected) in files.items():
            (FOLDER / f"{name}.{suffix}").write_bytes(data)
            if not name.endswith("_interlaced"):
                pixels[f"{name}.{suffix}"] = numpy.asarray(expected).astype(numpy.int32)
    dump_file.save("images.safetensors", pixels, {"made_by": "tests/golden/make_image_dump.py",
                                                  "pillow": PIL.__version__})


# name -> (height, width) of the original, and of the results
SIZES = {"noise": ((37, 29), [(16, 16), (5, 40), (1, 1), (41, 31)]),
         "smooth": ((20, 33), [(7, 12), (19, 31), (30, 8)]),
         "thin": ((1, 200), [(3, 9), (1, 25)]),
         "large": ((480, 640), [(14, 14), (9, 21)])}
SQUARE = [(37, 29, 16), (20, 33, 7), (480, 640, 15)]  # Resize(size), CenterCrop(size)


def original(name, height, width):
    """(height, width, 3): pictures that the test makes too."""
    i = numpy.arange(height * width * 3, dtype=numpy.uint64)
    if name == "smooth":
        y, x, c = i // (3 * width), i // 3 % width, i % 3
        values = x * 5 + y * 7 * c + 40 * c
    else:
        values = i * 2654435761 % (1 << 32) >> 24
    return (values % 256).astype(numpy.uint8).reshape(height, width, 3)


def save_resized():
    tensors = {}
    for name, ((height, width), sizes) in SIZES.items():
        image = original(name, height, width)
        chw = torch.from_numpy(image).permute(2, 0, 1)
        for rows, columns in sizes:
            pillow = numpy.asarray(Image.fromarray(image).resize((columns, rows), Image.Resampling.BILINEAR))
            vision = functional.resize(chw, [rows, columns], antialias=True).permute(1, 2, 0).numpy()
            assert abs(pillow.astype(int) - vision).max() <= 1
            tensors[f"{name}.{rows}x{columns}.pillow"] = pillow.astype(numpy.int32)
            tensors[f"{name}.{rows}x{columns}.torchvision"] = vision.astype(numpy.int32)
    for height, width, size in SQUARE:
        chw = torch.from_numpy(original("noise", height, width)).permute(2, 0, 1)
        square = functional.center_crop(functional.resize(chw, [size], antialias=True), [size])
        tensors[f"crop.{height}x{width}.{size}"] = square.permute(1, 2, 0).numpy().astype(numpy.int32)
    dump_file.save("resize.safetensors", tensors, {
        "made_by": "tests/golden/make_image_dump.py", "pillow": PIL.__version__,
        "torchvision": torchvision.__version__})


if __name__ == "__main__":
    save_files()
    save_resized()
