"""Answers that are no row of classes: several outputs, each with its name; pictures, which are written as PNG files."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ..files import replacing
from ..models import Model
from ..types import AnyArray, Array, NDArray
from .card import known
from .predict import AnyPath, check_finite, read_batches


class Output(NamedTuple):
    """One output of a model.

    Attributes
    ----------
    name : str
        Of the layer that it comes from.
    kind : "classes", "labels", "numbers" or "picture"
        What softmax gives, what sigmoid gives, other rows of numbers, maps.
    activation : str or None
        What the output ends with.
    """

    name: str
    kind: str
    activation: str | None


def outputs_of(model: Model) -> list[Output]:
    """List a model's outputs.

    Parameters
    ----------
    model : Model

    Returns
    -------
    outputs : list of Output
    """
    kinds = {"softmax": "classes", "sigmoid": "labels"}
    found = []
    for name, tensor in zip(model.output_names, model.outputs, strict=True):
        activation = tensor.node.layer.activation
        kind = "picture" if len(tensor.shape) == 4 else kinds.get(activation or "", "numbers")
        found.append(Output(name, kind, activation))
    return found


def answers(
    model: Model, paths: Sequence[AnyPath], unreadable: dict[AnyPath, str] | None = None
) -> Iterator[tuple[AnyPath, dict[str, Array]]]:
    """Yield every output of a model for pictures in files, a batch held at a time: maps are large.

    Parameters
    ----------
    model : Model
        With its `classifier` set.
    paths : list of str or PathLike
    unreadable : dict, optional
        Gets {path: why} of those that are no pictures, which have no answer then.

    Yields
    ------
    path : str or PathLike
    outputs : dict
        Name of the output -> (K,) or (H, W, K) float.

    Raises
    ------
    PictureError
        A file is no picture, and `unreadable` is None.
    ValueError
        An output is not a finite number.
    """
    names = model.output_names
    for read, x in read_batches(model, paths, unreadable=unreadable):
        given = model.forward(x)
        outputs = given if isinstance(given, list) else [given]
        for each in outputs:
            check_finite(each)
        for row, path in enumerate(read):
            yield path, {name: each[row] for name, each in zip(names, outputs, strict=True)}


def pixels_of(model: Model, output: Output, values: Array) -> NDArray[np.unsignedinteger[Any]]:
    """Turn what a model gives for a picture into pixels.

    Parameters
    ----------
    model : Model
        With its `classifier` set.
    output : Output
    values : (H, W, K) float
        K = 1 is grey, K = 3 colour; of other K, classes for each pixel, the largest counts.

    Returns
    -------
    pixels : (H, W) or (H, W, 3) uint8; uint16 where there are more than 256 classes
        Sigmoid's 0..1 and tanh's -1..1 are all of black to white. Other outputs are taken to be as the model's inputs
        are: what `scale` and `offset` made of pixels is undone; where they do nothing and no value is above 1, white
        is 1. Where pictures are inverted on the way in, a model's one output that has their channels is inverted too.
        Classes are numbered from 0, in steps of grey that are as wide as they can be.
    """
    count = values.shape[-1]
    if count not in (1, 3) or output.activation == "softmax":
        grey = np.uint8 if count <= 256 else np.uint16
        return (values.argmax(-1) * (np.iinfo(grey).max // max(count - 1, 1))).astype(grey)
    card = known(model)
    if output.activation == "sigmoid":
        wide = values * 255
    elif output.activation == "tanh":
        wide = (values + 1) * 127.5
    elif card["scale"] == 1 and card["offset"] == 0 and values.max() <= 1:
        wide = values * 255
    else:
        wide = _undone(values, card)
    pixels = np.rint(np.clip(wide, 0, 255)).astype(np.uint8)
    if card.get("invert") and len(model.outputs) == 1 and count == card["channels"]:
        pixels = 255 - pixels
    pixels = pixels[..., ::-1] if count == 3 and card.get("order") == "bgr" else pixels
    return pixels[..., 0] if count == 1 else pixels


def _undone(values: Array, card: dict[str, Any]) -> Array:
    """Undo scale and offset; of one a channel where there are as many, else their mean."""
    scale, offset = (
        np.asarray(card[name]) if np.size(card[name]) in (1, values.shape[-1]) else np.mean(card[name])
        for name in ("scale", "offset")
    )
    return (values - offset) / scale


def write_png(folder: str | os.PathLike[str], name: str, pixels: AnyArray) -> tuple[Path, bool]:
    """Write a picture as FOLDER/NAME.png.

    Parameters
    ----------
    folder : str or PathLike
        Made if need be.
    name : str
    pixels : (H, W) uint8 or uint16, or (H, W, 3) uint8

    Returns
    -------
    path : Path
    replaced : bool
        Whether a file was there.
    """
    path = Path(folder, f"{name}.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    replaced = path.exists()
    with replacing(path) as file:
        Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return path, replaced


def free_stem(path: str | os.PathLike[str], taken: set[str]) -> str:
    """Return a name for a picture's results: its file's without the ending, numbered where it came before.

    Parameters
    ----------
    path : str or PathLike
    taken : set of str
        The names that came before; gets this one.

    Returns
    -------
    stem : str

    Examples
    --------
    >>> taken = set()
    >>> [free_stem(path, taken) for path in ("a/hat.jpg", "b/hat.jpg", "c/cap.png")]
    ['hat', 'hat-2', 'cap']
    """
    stem, number = Path(path).stem, 1
    while (name := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    taken.add(name)
    return name
