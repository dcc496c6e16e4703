"""The pictures of a page: their pixels as the model takes them, their names, their true classes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...data import load_image, reading
from ...models import Model
from ...types import AnyArray, Array
from ..terms import fed

PathOrArray = str | os.PathLike[str] | AnyArray


class Picture(NamedTuple):
    """One picture.

    Attributes
    ----------
    name : str
    label : int or None
        The true class, where it is known.
    pixels : (H, W, C) uint8, or float32 where the numbers are no bytes
    """

    name: str
    label: int | None
    pixels: AnyArray


def read(
    pictures: PathOrArray | Sequence[PathOrArray],
    names: Sequence[str] | None,
    labels: Sequence[str | int | None] | None,
    shape: Sequence[int],
    card: dict[str, Any],
) -> list[Picture]:
    """Read pictures from files and arrays.

    Parameters
    ----------
    pictures : path, array, or list of them
    names : list of str, or None
        By default the files' names.
    labels : list of str, int or None, or None
        By default the class that a picture's folder or file is named after, if any.
    shape : [H, W, C]
        Of what the model takes.
    card : dict
        The model's classifier.json.

    Returns
    -------
    read : list of Picture

    Raises
    ------
    ValueError
        No picture, another shape, numbers that are not finite, or a label that is no class.
    """
    if isinstance(pictures, (str, os.PathLike)) or (isinstance(pictures, np.ndarray) and pictures.ndim < 4):
        pictures = [pictures]
    if not len(pictures):
        raise ValueError("`pictures` must hold at least one picture. Received: none.")
    for name, given in (("names", names), ("labels", labels)):
        if given is not None and len(given) != len(pictures):
            raise ValueError(f"`{name}` must have one entry a picture. Received: {len(given)} for {len(pictures)}.")
    found = []
    for number, picture in enumerate(pictures):
        file = Path(picture) if isinstance(picture, (str, os.PathLike)) else None
        pixels = load_image(file, tuple(card["size"]), **reading(card)) if file else np.asarray(picture)
        label = labels[number] if labels is not None else _named_after(file, card["class_names"])
        name = names[number] if names is not None else file.name if file else f"picture {number + 1}"
        found.append(Picture(str(name), _class_number(label, card["class_names"]), fit(pixels, shape)))
    return found


def fit(pixels: AnyArray, shape: Sequence[int]) -> AnyArray:
    """Convert pixels to the model's channels; RGB becomes grey with the weights of ITU-R 601, as in Pillow.

    Parameters
    ----------
    pixels : (H, W), (H, W, 1) or (H, W, 3)
    shape : [H, W, C]
        Of what the model takes.

    Returns
    -------
    pixels : (H, W, C), uint8, or float32 where the numbers are no bytes

    Raises
    ------
    ValueError
        Another shape, or numbers that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> fit(np.full((1, 2, 3), [255, 0, 0]), [1, 2, 1]).ravel().tolist()  # red, seen as grey
    [76, 76]
    """
    if not np.isfinite(pixels).all():
        raise ValueError(f"A picture must hold finite numbers. Received: {pixels[~np.isfinite(pixels)][0]}.")
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim == 3 and pixels.shape[2] == 3 and shape[2] == 1:
        wide = pixels.astype(np.int64) @ np.array([19595, 38470, 7471])
        pixels = ((wide + 32768) >> 16)[..., None].astype(np.uint8)
    elif pixels.ndim == 3 and pixels.shape[2] == 1 and shape[2] == 3:
        pixels = np.repeat(pixels, 3, 2)
    if list(pixels.shape) != list(shape):
        raise ValueError(f"A picture must have the model's shape {tuple(shape)}. Received: {pixels.shape}.")
    small = pixels.astype(np.uint8) if pixels.min() >= 0 and pixels.max() <= 255 else None
    return small if small is not None and np.array_equal(small, pixels) else pixels.astype(np.float32)


def taken(model: Model, pixels: AnyArray, card: dict[str, Any]) -> Array:
    """Make the batch of one that a model takes: (1, H, W, C), or (1, H, W) where it has no axis of channels.

    Parameters
    ----------
    model : Model
    pixels : (H, W, C)
    card : dict
        The model's classifier.json.

    Returns
    -------
    x : (1, ...) float32
    """
    return fed(pixels, card).reshape(1, *model.input_shape[1:])


class Judged(NamedTuple):
    """What a model says of a picture.

    Attributes
    ----------
    says : int
        The class that it names.
    own : float or None
        The probability of the true class, where that is known.
    mistaken : bool
        Whether another class than the true one is named.
    """

    says: int
    own: float | None
    mistaken: bool


def judged(model: Model, picture: Picture, card: dict[str, Any]) -> Judged:
    """Ask a model for a picture's class.

    Parameters
    ----------
    model : Model
    picture : Picture
    card : dict
        The model's classifier.json.

    Returns
    -------
    judged : Judged
    """
    y = probabilities(model, picture, card)
    says = int(y.argmax())
    if picture.label is None or card["task"] == "many":  # of many labels none is the one that must win
        return Judged(says, None, False)
    return Judged(says, float(y[picture.label]), says != picture.label)


def probabilities(model: Model, picture: Picture, card: dict[str, Any]) -> Array:
    """Return a model's probability of each class for a picture; of one sigmoid, those of both classes.

    Parameters
    ----------
    model : Model
    picture : Picture
    card : dict
        The model's classifier.json.

    Returns
    -------
    p : (K,) float64
    """
    y = model.forward(taken(model, picture.pixels, card))[0].astype(np.float64)
    logits = card["output"] == "logits"
    if y.size == 1:
        second = 1 / (1 + np.exp(-y[0])) if logits else y[0]
        return np.array([1 - second, second])
    return np.exp(y - y.max()) / np.exp(y - y.max()).sum() if logits else y


def telling(said: Sequence[Judged]) -> int:
    """Choose the picture that a page opens on: the worst mistake, else the one that the model is least sure of.

    Where all is sure nothing is to be seen: a gradient of 1e-6 teaches little.

    Parameters
    ----------
    said : list of Judged

    Returns
    -------
    index : int
        0 where no true class is known.

    Examples
    --------
    >>> telling([Judged(0, 0.9, False), Judged(1, 0.2, True), Judged(1, 0.1, False)])
    1
    """
    known = [index for index, each in enumerate(said) if each.own is not None]
    return min(known, key=lambda index: (not said[index].mistaken, said[index].own), default=0)


def _named_after(file: Path | None, classes: Sequence[str]):
    """Guess the true class from a picture's folder or name."""
    options = [file.parent.name, file.stem] if file else []
    return next((name for name in options if name in classes), None)


def _class_number(label: int | str | None, classes: Sequence[str]):
    """Return the number of a class that may be given by its name; None where none is given."""
    if isinstance(label, str):
        if label not in classes:
            raise ValueError(f"`labels` must be classes of the model: {', '.join(classes)}. Received: {label!r}.")
        return classes.index(label)
    return None if label is None else int(label)
