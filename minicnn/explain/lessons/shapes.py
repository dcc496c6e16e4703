"""Sizes, parameters and multiply-adds of a net written in one line, with the working shown.

    shapes("150x150x3 conv32 3x3 pool2 flatten dense64 dense1")

A line is an input, HEIGHTxWIDTHxCHANNELS, and layers: convF KxK [sN] [dN] [gN] [same], poolN or pool HxW [sN] [same],
relu, sigmoid, softmax, dropoutR, flatten, denseN. A number may stand apart from its word: "conv 32 3x3 stride 2".
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ... import layers, reference

WINDOWED = ("conv", "pool")
PLAIN = {"relu": layers.ReLU, "sigmoid": layers.Sigmoid, "softmax": layers.Softmax, "flatten": layers.Flatten}
LONG = {"stride": "s", "strides": "s", "dilation": "d", "groups": "g", "maxpool": "pool", "conv2d": "conv"}


@dataclass(frozen=True)
class Row:
    """One layer.

    Attributes
    ----------
    text : str
        What it is.
    shape : tuple of int
        Of its output, without the batch.
    parameters, multiply_adds : int
        Its counts, for one example.
    working : tuple of str
        The lines that show how they come about.

    Examples
    --------
    >>> row = work_out("8x8x3 conv4 3x3")[1]
    >>> row.shape, row.parameters, row.multiply_adds  # 3 * 3 * 3 * 4 + 4; 6 * 6 * 108
    ((6, 6, 4), 112, 3888)
    """

    text: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    working: tuple[str, ...]


def shapes(text: str) -> str:
    """Work out a net's sizes.

    Parameters
    ----------
    text : str
        "150x150x3 conv32 3x3 pool2 flatten dense64 dense1": an input, HEIGHTxWIDTHxCHANNELS, and layers: convF KxK
        [sN] [dN] [gN] [same], poolN or pool HxW [sN] [same], relu, sigmoid, softmax, dropoutR, flatten, denseN.

    Returns
    -------
    report : str
        A block a layer: the formula with its numbers, the floor and the pixels that it drops.

    Raises
    ------
    ValueError
        A word that is not understood, or a window that does not fit.

    Examples
    --------
    >>> print(shapes("8x8x1 pool3"))
    input  ->  8 x 8 x 1
    pool3, window 3 x 3, stride 3, valid  ->  2 x 2 x 1
        height floor((8 - 3) / 3) + 1 = 2, the floor drops 2 pixels at the end
        width  floor((8 - 3) / 3) + 1 = 2, the floor drops 2 pixels at the end
    <BLANKLINE>
    parameters     0
    multiply-adds  0 for one example
    """
    rows = work_out(text)
    lines: list[str] = []
    for row in rows:
        lines += [f"{row.text}  ->  {' x '.join(map(str, row.shape))}", *(f"    {line}" for line in row.working)]
    lines += [
        "",
        f"parameters     {sum(row.parameters for row in rows):,}",
        f"multiply-adds  {sum(row.multiply_adds for row in rows):,} for one example",
    ]
    return "\n".join(lines)


def work_out(text: str) -> list[Row]:
    """List a `Row` for the input and for each layer.

    Parameters
    ----------
    text : str
        As `shapes` takes it.

    Returns
    -------
    rows : list of Row

    Raises
    ------
    ValueError
        A word that is not understood, or a window that does not fit.

    Examples
    --------
    >>> [row.shape for row in work_out("8x8x3 conv4 3x3 flatten")]
    [(8, 8, 3), (6, 6, 4), (144,)]
    """
    words = _words(text)
    match = re.fullmatch(r"(\d+)x(\d+)(?:x(\d+))?", words[0]) if words else None
    if not match or not all(int(size or 1) for size in match.groups()):
        raise ValueError(f"`text` must begin with the input, like 150x150x3. Received: {text!r}.")
    shape = tuple(int(size) for size in match.groups("1"))
    rows = [Row("input", shape, 0, 0, ())]
    at = 1
    while at < len(words):
        layer, at = _layer(words, at)
        rows.append(_row(layer, rows[-1].shape))
    return rows


def _words(text: str) -> list[str]:
    """Split into words; what is a number of the word before it is joined to it."""
    words: list[str] = []
    for word in text.lower().replace("×", "x").replace(",", " ").split():
        word = LONG.get(
            word, re.sub(r"^(strides?|dilation|groups|maxpool|conv2d)(?=[\d=])", lambda match: LONG[match[0]], word)
        ).replace("=", "")
        if words and re.fullmatch(r"[\d.]+", word) and re.fullmatch(r"[a-z]+", words[-1]):
            words[-1] += word
        else:
            words.append(word)
    return words


def _layer(words: list[str], at: int):
    """Make the layer that begins at a word; return it and where the next one begins."""
    word, at = words[at], at + 1
    match = re.fullmatch(r"([a-z]+)(\d+(?:\.\d+)?)?", word)
    name, value = match.groups() if match else (None, None)
    if name in PLAIN and value is None:
        return PLAIN[name](name=name), at
    if name == "dense" and value:
        return layers.Dense(_whole(value, word), name=word), at
    if name == "dropout" and value:
        return layers.Dropout(float(value), name=word), at
    if name not in WINDOWED or (name == "conv" and not value):
        raise ValueError(
            f"`text` must be an input and layers like conv32 3x3, pool2, relu, flatten, dense64, softmax. "
            f"Received: the word {word!r}."
        )
    settings, window = {}, None
    while at < len(words):
        size = re.fullmatch(r"(\d+)x(\d+)", words[at])
        step = re.fullmatch(r"([sdg])(\d+)", words[at])
        if size:
            window = tuple(map(int, size.groups()))
        elif step:
            settings[{"s": "strides", "d": "dilation_rate", "g": "groups"}[step[1]]] = int(step[2])
        elif words[at] in ("same", "valid"):
            settings["padding"] = words[at]
        else:
            break
        at += 1
    if name == "conv":
        return layers.Conv2D(_whole(value, word), window or (3, 3), name=word, **settings), at
    if set(settings) & {"dilation_rate", "groups"}:
        raise ValueError(f"A pool has neither dilation nor groups. Received: {word!r} with {settings}.")
    return layers.MaxPooling2D(window or _whole(value or "2", word), name=word, **settings), at


def _whole(value: str | None, word: str) -> int:
    if value is None or not value.isdigit():
        raise ValueError(f"`text` must hold whole numbers of filters, units and pixels. Received: the word {word!r}.")
    return int(value)


def _row(layer: layers.Layer, shape: tuple[int, ...]):
    given = (None, *shape)
    if isinstance(layer, layers.Dense) and len(shape) == 3:
        raise ValueError(
            f"A dense layer reads a row of numbers: write flatten before it. Received: {layer.name!r} on "
            f"an input of {' x '.join(map(str, shape))}."
        )
    out: Any = layer.compute_output_shape(given)[1:]
    if isinstance(layer, layers.Conv2D):
        kernel = (*layer.kernel_size, shape[2] // layer.groups, layer.filters)
        weights, positions = math.prod(kernel), out[0] * out[1]
        counts = weights + layer.filters, weights * positions
        working = [
            *_axes(layer, shape, out),
            f"parameters     {_times(kernel)} weights + {_count(layer.filters, 'bias')} = {counts[0]:,}",
            f"multiply-adds  {out[0]} * {out[1]} positions * {_times(kernel)} = {counts[1]:,}",
        ]
    elif isinstance(layer, layers.MaxPooling2D):
        counts, working = (0, 0), _axes(layer, shape, out)
    elif isinstance(layer, layers.Dense):
        counts = shape[-1] * layer.units + layer.units, shape[-1] * layer.units
        units, biases = _count(layer.units, "unit"), _count(layer.units, "bias")
        working = [
            f"parameters     {shape[-1]} inputs * {units} + {biases} = {counts[0]:,}",
            f"multiply-adds  {shape[-1]} * {layer.units} = {counts[1]:,}",
        ]
    elif isinstance(layer, layers.Flatten):
        counts, working = (0, 0), [f"{_times(shape)} = {out[0]:,}"]
    else:
        counts, working = (0, 0), []
    return Row(_text(layer), out, *counts, tuple(working))


def _text(layer: layers.Layer):
    if isinstance(layer, (layers.Conv2D, layers.MaxPooling2D)):
        return f"{layer.name}, window {layer.taps[0]} x {layer.taps[1]}, stride {layer.strides[0]}, {layer.padding}"
    return layer.name


def _axes(layer: layers.Conv2D | layers.MaxPooling2D, shape: tuple[int, ...], out: tuple[int, ...]) -> list[str]:
    """Show how height and width come about, and what the floor drops."""
    axes = zip(layer.taps, layer.strides, layer.dilation_rate, layer.pads(shape[:2]), strict=True)
    lines: list[str] = []
    for name, size, (k, s, d, pad), result in zip(("height", "width"), shape, axes, out, strict=False):
        span = reference.effective_size(k, d)
        inside = f"{size} + {pad[0]} + {pad[1]} - {span}" if sum(pad) else f"{size} - {span}"
        dropped = (size + sum(pad) - span) % s
        rest = f", the floor drops {dropped} pixel{'s' if dropped > 1 else ''} at the end" if dropped else ""
        zeros = f" (same: {pad[0]} before, {pad[1]} after)" if layer.padding == "same" else ""
        wide = f" (window {k}, dilation {d}: spans {span})" if d > 1 else ""
        lines.append(f"{name.ljust(7)}floor(({inside}) / {s}) + 1 = {result}{wide}{zeros}{rest}")
    return lines


def _count(number: int, word: str):
    return f"{number} {word if number == 1 else 'biases' if word == 'bias' else f'{word}s'}"


def _times(sizes: Iterable[int]):
    return " * ".join(map(str, sizes))
