"""A model's classifier.json, completed by its caller, by what lies beside its file, and by what the model itself says.

files/resolve.py says who wins. A model tells its size, whether it scales pixels itself, and what it answers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..files import ResolvedCard, preprocess, resolve_card
from ..layers import Layer, Normalization, Rescaling
from ..losses import BinaryCrossentropy, Loss, gives_probabilities
from ..types import AnyPath
from .model import Model

LARGEST_SCALE: float = 1 / 16  # of a Rescaling that takes 0..255: 1/127.5 is usual, 1/58 is one by a deviation
LEAST_OFFSET: float = 16.0  # or it takes off a mean, of 100 or so
# What Teachable Machine calls the ends of its two halves, as a browser numbers layers: nobody else's names
TEACHABLE: set[str] = {"global_average_pooling2d_GlobalAveragePooling2D1", "dense_Dense1", "dense_Dense2"}


def card_of(
    model: Model,
    path: AnyPath | None = None,
    *,
    class_names: Sequence[str] | None = None,
    size: Sequence[int] | None = None,
    **better: Any,
) -> ResolvedCard:
    """Find out what a classifier must be given, and what its outputs are called.

    Parameters
    ----------
    model : Model
        With one input of pictures. It gives a row of numbers for each, one a class or a label; or a picture; or has
        several outputs, whose names then stand for the classes'.
    path : str or PathLike, optional
        The model's file: labels.txt or metadata.json beside it are asked, too.
    class_names : list of str, optional
        What the caller knows better.
    size : (height, width), optional
        The same, in pixels.
    **better
        Further fields of classifier.json that the caller knows better: `scale`, `offset`, `crop`, ...

    Returns
    -------
    resolved : ResolvedCard
        `value` is the classifier.json; `sentence` says what was guessed, and is empty where all was known.

    Raises
    ------
    ValueError
        What is known does not fit the model: another size, another number of classes.

    Examples
    --------
    >>> from minicnn.models import tinyvgg
    >>> resolved = card_of(tinyvgg((64, 64), 3))
    >>> resolved.value["size"], resolved.value["output"], resolved.value["class_names"]
    ([64, 64], 'probabilities', ['class 0', 'class 1', 'class 2'])
    """
    task = better.get("task") or (model.classifier or {}).get("task") or _task(model)
    names = _numbered(model, task)
    shape = model.input_shape
    flags = {**better, "class_names": class_names and list(class_names), "size": size and list(size)}
    flags["channels"] = shape[3] if len(shape) == 4 else 1  # a fact: nobody can say otherwise
    resolved = resolve_card(
        path,
        flags=flags,
        card=model.classifier,
        model=_told_by(model, path),
        guess={
            "class_names": names,
            "resize": "nearest",
            "scale": 1.0,
            "offset": 0.0,
            "output": "logits",
        },
    )
    value, (height, width) = resolved.value, model.input_shape[1:3]
    if any(want not in (None, got) for want, got in zip((height, width), value["size"], strict=True)):
        raise ValueError(f"`size` must be {height} x {width}, the model's. Received: {value['size']}.")
    if len(value["class_names"]) != len(names) and task != "pictures":
        teller = resolved.origin["class_names"]
        source = "" if teller == "flags" else f", of {teller}"
        raise ValueError(
            f"`classes` must be {len(names)} names, one for each output. Received: {len(value['class_names'])}{source}."
        )
    return resolved


def _task(model: Model) -> str:
    """Return what a model's end and its loss tell of its task."""
    if len(model.outputs) == 1 and len(model.output_shape) == 4:
        return "pictures"
    several = len(model.outputs) == 1 and model.output_shape[-1] > 1
    return "many" if several and isinstance(model.loss, BinaryCrossentropy) else "one"


def _numbered(model: Model, task: str) -> list[str]:
    """Return names for those who have none: of classes, or of several outputs."""
    if len(model.outputs) > 1:
        return model.output_names
    if task == "pictures":
        return []
    units = model.output_shape[-1]
    return [f"class {k}" for k in range(units if task == "many" else max(units, 2))]  # one unit means two classes


def _scales_pixels(layers: Sequence[Layer]) -> bool:
    """Tell whether the net brings 0..255 into range itself, before its first layer with weights.

    A Rescaling elsewhere is arithmetic of the net: (x + 3) / 6 in a MobileNet's activation. So is one at the input that
    presumes 0..1, (x - 0.45) / 0.22, or that makes a constant, 0 x + 6.
    """
    for layer in layers:
        if isinstance(layer, Normalization):
            return True
        if isinstance(layer, Rescaling):
            scale, offset = np.max(np.abs(layer.scale)), np.max(np.abs(layer.offset))
            if 0 < scale <= LARGEST_SCALE or (scale > 0 and offset >= LEAST_OFFSET):
                return True
        elif layer.count_params():
            return False
    return False


def _told_by(model: Model, path: AnyPath | None) -> dict[str, Any]:
    """Return what the model's own layers and settings tell: its size, whether it scales pixels, what it answers."""
    told: dict[str, Any] = {"task": _task(model)}
    if len(model.outputs) > 1 or told["task"] == "pictures":
        told["class_names"] = _numbered(model, told["task"])
    size = list(model.input_shape[1:3])
    if None not in size:
        told["size"] = size
    layers = [layer for _, layer in model.leaves()]
    if _scales_pixels(layers):
        told["scale"], told["offset"] = 1.0, 0.0
    elif {layer.name for layer in layers} >= TEACHABLE:
        told |= preprocess("teachable", path)
    if gives_probabilities(model):  # whatever the loss says: it takes what goes into these
        told["output"] = "probabilities"
    elif isinstance(model.loss, Loss):
        told["output"] = "logits" if model.loss.from_logits else "probabilities"
    return told
