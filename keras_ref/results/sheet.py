"""Contact sheets: pictures in rows, with captions."""

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from minicnn.data import load_image

from ..runtime import files
from ..types import AnyPath
from .plots import INK


def _font(size):
    return ImageFont.load_default(size)


def contact_sheet(
    items: Sequence[tuple[AnyPath | NDArray[np.uint8] | None, str]],
    path: AnyPath,
    columns: int = 8,
    tile: int = 150,
    title: str = "",
) -> None:
    """Draw pictures in rows, two lines of caption under each.

    Parameters
    ----------
    items : (path or (H, W, 3) uint8 pixels, caption) each
        None is a gap; a picture that can't be read is a grey square.
    path : str or path of the sheet, a PNG
    columns : int
    tile : int, pixels a picture
    title : str
    """
    rows = math.ceil(len(items) / columns)
    gap, caption, top = 10, 34, 40 if title else 10
    sheet = Image.new("RGB", (gap + columns * (tile + gap), top + rows * (tile + caption + gap)), "white")
    draw = ImageDraw.Draw(sheet)
    if title:
        draw.text((gap, 10), title, fill=INK, font=_font(17))
    for i, (source, words) in enumerate(items):
        if source is None:
            continue
        x, y = gap + i % columns * (tile + gap), top + i // columns * (tile + caption + gap)
        try:
            picture = Image.fromarray(source if isinstance(source, np.ndarray) else load_image(source))
            picture.thumbnail((tile, tile))
        except ValueError:
            picture = Image.new("RGB", (tile, tile), "#eeeeee")
        sheet.paste(picture, (x + (tile - picture.width) // 2, y + (tile - picture.height) // 2))
        lines = [part for text in words.split("\n") for part in textwrap.wrap(text, 26)][:2]
        draw.multiline_text((x, y + tile + 3), "\n".join(lines), fill=INK, font=_font(12), spacing=2)
    with files.writing(path) as file:
        sheet.save(file, "PNG")
