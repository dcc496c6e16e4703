"""Odd pictures, and broken ones, each with the pixels that it means.

The expected pixels come from the numbers that went into the file, by the rule's own arithmetic: no decoder is asked.
Every picture is 24 x 16 pixels (height x width) unless its name says otherwise.
"""

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 24, 16


class OddPicture(NamedTuple):
    """A file, what its pixels must be, and by how much each may differ (0 where the format is exact)."""

    path: Path
    expected: np.ndarray  # (H, W, 3) uint8
    tolerance: int = 0


def draw(folder):
    """Write every odd picture into `folder`; return {name: OddPicture}."""
    folder = Path(folder)
    pictures = {}
    for group in (_grey, _palette, _transparent, _jpeg, _orientations, _small_and_animated):
        pictures.update(group(folder))
    return pictures


def draw_broken(folder):
    """Write every file that must be refused into `folder`; return {name: (path, words of the reason)}."""
    folder = Path(folder)
    whole = folder / "whole.jpg"
    Image.fromarray(_ramp()).resize((200, 200)).save(whole)
    jpeg = whole.read_bytes()
    whole.unlink()
    float_grey = folder / "float_grey.tiff"
    Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)).save(float_grey)
    png = folder / "cut.png"
    Image.fromarray(_ramp()).save(png)
    cut_png = png.read_bytes()
    png.unlink()
    contents = {
        "text.jpg": (b"This is not a picture.\n" * 20, "none of JPEG"),
        "empty.jpg": (b"", "is empty"),
        "cut_half.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
        "cut_header.jpg": (jpeg[:30], ""),
        "cut.png": (cut_png[: len(cut_png) // 2], ""),
        "bomb.png": (_bomb(60_000, 60_000), "decompression bomb"),
        "small_bomb.png": (_bomb(10_000, 10_000), "decompression bomb"),  # Pillow alone would only warn of this one
    }
    broken = {"float_grey": (float_grey, "floating point")}
    for name, (data, words) in contents.items():
        (folder / name).write_bytes(data)
        broken[name.replace(".", "_")] = (folder / name, words)
    broken["missing"] = (folder / "missing.jpg", "no such file")
    broken["folder"] = (folder, "it is a folder")
    return broken


def _ramp():
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([rows * 10, columns * 15, 255 - rows * 3 - columns * 5], axis=-1).astype(np.uint8)


def _over_white(rgb, alpha):
    alpha = np.asarray(alpha, dtype=np.float64)[..., None] / 255
    return np.rint(rgb * alpha + 255 * (1 - alpha)).astype(np.uint8)


def _grey(folder):
    grey = _ramp()[..., 1]
    three = np.repeat(grey[..., None], 3, axis=-1)
    Image.fromarray(grey).save(folder / "grey.png")
    deep = (np.arange(HEIGHT * WIDTH, dtype=np.uint32) * 65535 // (HEIGHT * WIDTH - 1)).astype(np.uint16)
    deep = deep.reshape(HEIGHT, WIDTH)
    deep_three = np.repeat(np.rint(deep / 257).astype(np.uint8)[..., None], 3, axis=-1)
    Image.fromarray(deep).save(folder / "grey16.png")
    Image.fromarray(deep).save(folder / "grey16.tiff")
    (folder / "grey16.pgm").write_bytes(f"P5 {WIDTH} {HEIGHT} 65535\n".encode() + deep.astype(">u2").tobytes())
    bits = (grey > 100).astype(np.uint8) * 255
    Image.fromarray(bits).convert("1").save(folder / "black_and_white.png")
    return {
        "grey": OddPicture(folder / "grey.png", three),
        "grey16_png": OddPicture(folder / "grey16.png", deep_three),
        "grey16_tiff": OddPicture(folder / "grey16.tiff", deep_three),
        "grey16_pgm": OddPicture(folder / "grey16.pgm", deep_three),
        "black_and_white": OddPicture(folder / "black_and_white.png", np.repeat(bits[..., None], 3, axis=-1)),
    }


def _palette(folder):
    colours = np.array([[200, 30, 30], [30, 160, 60], [20, 40, 180], [240, 220, 40]], dtype=np.uint8)
    index = (np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) % 4).astype(np.uint8)
    image = Image.fromarray(index).convert("P")
    image.putpalette(colours.tobytes())
    image.save(folder / "palette.png")
    image.save(folder / "palette.gif")
    image.save(folder / "palette_one_clear.png", transparency=2)
    image.save(folder / "palette_alpha.png", transparency=bytes([255, 128, 0, 64]))
    image.save(folder / "palette_clear.gif", transparency=1)
    one_clear, gif_clear = np.full(4, 255), np.full(4, 255)
    one_clear[2], gif_clear[1] = 0, 0
    return {
        "palette": OddPicture(folder / "palette.png", colours[index]),
        "palette_gif": OddPicture(folder / "palette.gif", colours[index]),
        "palette_one_clear": OddPicture(folder / "palette_one_clear.png", _over_white(colours, one_clear)[index]),
        "palette_alpha": OddPicture(
            folder / "palette_alpha.png", _over_white(colours, [255, 128, 0, 64])[index], tolerance=1
        ),
        "palette_clear_gif": OddPicture(folder / "palette_clear.gif", _over_white(colours, gif_clear)[index]),
    }


def _transparent(folder):
    rgb = _ramp()
    alpha = np.linspace(0, 255, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, axis=0)
    Image.fromarray(np.dstack([rgb, alpha])).save(folder / "rgba.png")
    Image.fromarray(np.dstack([rgb[..., 0], alpha])).save(folder / "la.png")
    grey = np.repeat(rgb[..., :1], 3, axis=-1)
    Image.fromarray(rgb).save(folder / "rgb_one_clear.png", transparency=tuple(int(v) for v in rgb[3, 5]))
    one_clear = rgb.copy()
    one_clear[(rgb == rgb[3, 5]).all(axis=-1)] = 255
    return {
        "rgba": OddPicture(folder / "rgba.png", _over_white(rgb, alpha), tolerance=1),
        "la": OddPicture(folder / "la.png", _over_white(grey, alpha), tolerance=1),
        "rgb_one_clear": OddPicture(folder / "rgb_one_clear.png", one_clear),
    }


def _jpeg(folder):
    # One flat colour survives JPEG almost exactly. Ink is inverted light: R = (255 - C) * (255 - K) / 255.
    ink = np.full((HEIGHT, WIDTH, 4), [40, 200, 120, 60], dtype=np.uint8)
    light = (255.0 - ink[..., :3]) * (255.0 - ink[..., 3:]) / 255
    Image.merge("CMYK", [Image.fromarray(ink[..., i]) for i in range(4)]).save(folder / "cmyk.jpg", quality=95)
    flat = np.full((HEIGHT, WIDTH, 3), [180, 90, 30], dtype=np.uint8)
    Image.fromarray(flat).save(folder / "upper_case.JPG", format="JPEG", quality=95)
    return {
        "cmyk": OddPicture(folder / "cmyk.jpg", np.rint(light).astype(np.uint8), tolerance=4),
        "upper_case": OddPicture(folder / "upper_case.JPG", flat, tolerance=3),
    }


def _orientations(folder):
    upright = _ramp()
    stored = {  # what the camera stored so that the tag's turn gives the upright picture
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }
    pictures = {}
    for tag, pixels in stored.items():
        exif = Image.Exif()
        exif[274] = tag
        path = folder / f"orientation_{tag}.png"
        Image.fromarray(np.ascontiguousarray(pixels)).save(path, exif=exif)
        pictures[f"orientation_{tag}"] = OddPicture(path, upright)
    exif = Image.Exif()
    exif[274] = 6
    halves = np.zeros((32, 16, 3), dtype=np.uint8)
    halves[:16], halves[16:] = [220, 40, 40], [40, 40, 220]  # JPEG blocks of one colour each
    Image.fromarray(np.ascontiguousarray(np.rot90(halves, 1))).save(
        folder / "orientation_6.jpg", exif=exif, quality=95, subsampling=0
    )
    pictures["orientation_6_jpeg"] = OddPicture(folder / "orientation_6.jpg", halves, tolerance=4)
    return pictures


def _small_and_animated(folder):
    first, second = np.full((HEIGHT, WIDTH, 3), [250, 10, 10], np.uint8), np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    Image.fromarray(first).save(folder / "animated.gif", save_all=True, append_images=[Image.fromarray(second)])
    pixel = np.array([[[12, 200, 77]]], dtype=np.uint8)
    Image.fromarray(pixel).save(folder / "one_pixel.png")
    return {
        "animated": OddPicture(folder / "animated.gif", first),
        "one_pixel": OddPicture(folder / "one_pixel.png", pixel),
    }


def _bomb(width, height):
    """Return a PNG that claims width x height pixels and holds a handful of bytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
