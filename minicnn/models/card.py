"""A model's classifier.json, completed by its caller, by what lies beside its file, and by what the model itself says.

files/resolve.py says who wins. A model tells its size, whether it scales pixels itself, and what it answers.
"""

import os
from collections.abc import Sequence
from typing import Any

from ..files import ResolvedCard, resolve_card
from ..layers import Normalization, Rescaling
from ..losses import gives_probabilities
from .model import Model


def card_of(
    model: Model,
    path: str | os.PathLike[str] | None = None,
    *,
    class_names: Sequence[str] | None = None,
    size: Sequence[int] | None = None,
    scale: float | None = None,
) -> ResolvedCard:
    """Find out what a classifier must be given, and what its outputs are called.

    Parameters
    ----------
    model : Model
        With one input of pictures and one output of a row of numbers.
    path : str or PathLike, optional
        The model's file: labels.txt or metadata.json beside it are asked, too.
    class_names : list of str, optional
        What the caller knows better.
    size : (height, width), optional
        The same, in pixels.
    scale : float, optional
        The same: what pixels are multiplied by.

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
    count = max(model.output_shape[-1], 2)  # one output means two classes
    resolved = resolve_card(
        path,
        flags={"class_names": class_names and list(class_names), "size": size and list(size), "scale": scale},
        card=model.classifier,
        model=_told_by(model),
        guess={
            "class_names": [f"class {k}" for k in range(count)],
            "resize": "nearest",
            "scale": 1.0,
            "offset": 0.0,
            "output": "logits",
        },
    )
    value, (height, width) = resolved.value, model.input_shape[1:3]
    if any(want not in (None, got) for want, got in zip((height, width), value["size"], strict=True)):
        raise ValueError(f"`size` must be {height} x {width}, the model's. Received: {value['size']}.")
    if len(value["class_names"]) != count:
        raise ValueError(
            f"`classes` must be {count} names, one for each output. Received: {len(value['class_names'])}."
        )
    return resolved


def _told_by(model: Model) -> dict[str, Any]:
    """Return what the model's own layers and settings tell: its size, whether it scales pixels, what it answers."""
    told: dict[str, Any] = {}
    size = list(model.input_shape[1:3])
    if None not in size:
        told["size"] = size
    if any(isinstance(layer, (Rescaling, Normalization)) for _, layer in model.leaves()):
        told["scale"], told["offset"] = 1.0, 0.0
    if gives_probabilities(model):  # whatever the loss says: it takes what goes into these
        told["output"] = "probabilities"
    elif model.loss is not None:
        told["output"] = "logits" if model.loss.from_logits else "probabilities"
    return told
