"""The explorer's page: one HTML file with the model, the pictures and all code in it, for any browser, from a file.

The page computes everything itself, forward and backward; what is stored are the weights (of several epochs, if given)
and the pictures, compressed. A net too large for that carries the engine's own numbers instead (carried.py).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...files import PILLOW_FILTERS, ResolvedCard, check_supported, replacing
from ...losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from ...models import Model, card_of
from ...types import Array
from ..terms import loss_of
from . import pictures as reading
from . import rounded as rounding
from .blobs import Blobs
from .blocks import blocks
from .carried import carry, too_large
from .epochs import Epochs, ModelOrPath, check_finite, load
from .html import html
from .learning import learning
from .nodes import Node, describe
from .pictures import PathOrArray

ABLE = {
    "task": ("one", "many"),
    "resize": (*PILLOW_FILTERS, "tf-bilinear"),
    "order": ("rgb",),
}  # what the page does of a classifier.json
LOSSES: dict[type[Loss], str] = {
    CategoricalCrossentropy: "categorical",
    SparseCategoricalCrossentropy: "categorical",
    BinaryCrossentropy: "binary",
    MeanSquaredError: "squared",
}


def write(
    models: ModelOrPath | Sequence[ModelOrPath],
    pictures: PathOrArray | Sequence[PathOrArray],
    path: str | os.PathLike[str],
    *,
    names: Sequence[str] | None = None,
    labels: Sequence[str | int | None] | None = None,
    history: Mapping[str, Sequence[float]] | None = None,
    title: str | None = None,
    classes: Sequence[str] | None = None,
    size: Sequence[int] | None = None,
    scale: float | Sequence[float] | None = None,
    exact: bool = False,
    tell: Callable[[ResolvedCard], object] | None = None,
    **better: Any,
) -> int:
    """Write the explorer's page.

    Parameters
    ----------
    models : Model, path, or list of them
        A path is that of a model's file, of a folder of checkpoints, or of one that holds them in `series`. Of several
        models, in the order of training, the last is shown first; the others are on the epochs' slider.
    pictures : list of paths and of arrays
        (H, W), (H, W, 1) or (H, W, 3), pixels 0..255 as the model's classifier.json expects them (without one: what
        the model itself takes).
    path : str or PathLike
        Where to write the page; nothing half-written is ever left there.
    names : list of str, optional
        What the pictures are called; by default their file names.
    labels : list of str, int or None, optional
        The true classes; by default the class that a picture's folder or file is named after, if any.
    history : dict, optional
        Name -> list of values, one an epoch; by default `history.csv` beside the models.
    title : str, optional
        By default the model file's name.
    classes : list of str, optional
        Class names, where the model's file does not tell or the caller knows better.
    size : (height, width), optional
        The same, in pixels.
    scale : float, optional
        The same: what pixels are multiplied by.
    exact : bool
        Whether all weights travel as they are. By default the large kernels of a net of millions are rounded to 8 bits,
        and the page says what that moves.
    tell : callable, optional
        Is given what is known of how the model takes pictures, and who told it; its `sentence` tells of guesses.
    **better
        Further fields of classifier.json that the caller knows better: `offset`, `crop`, ...

    Returns
    -------
    size : int
        Bytes of the page.

    Raises
    ------
    ValueError
        No picture, models of different shapes, a picture or a model that the page cannot show, numbers that are not
        finite.

    Notes
    -----
    The page shows the net's own probabilities: a temperature and a threshold of its classifier.json are not applied.
    The page is what CNN Explainer shows of one net, for any net: Wang et al. 2020, arXiv:2004.15004.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> from minicnn.models import tinyvgg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     size = write(tinyvgg((64, 64), 10), [wardrobe.draw("shirt", 0)], f"{folder}/page.html")
    >>> size > 100_000
    True
    """
    epochs = load(models)
    model = epochs.last
    nodes, arrays = _described(epochs)
    shape = nodes[0]["shape"]
    resolved = card_of(model, epochs.file, class_names=classes, size=size, scale=scale, **better)
    card = resolved.value
    check_supported(card, **ABLE)
    shown = reading.read(pictures, names, labels, shape, card)
    for each, name in zip(epochs.models, epochs.names, strict=True):
        check_finite(each, name, shown, card)
    if tell is not None:
        tell(resolved)
    heavy = too_large(model, len(epochs.models))
    exact = exact or heavy or model.count_params() * len(epochs.models) <= rounding.EXACT
    blobs = Blobs()
    said = [reading.judged(model, picture, card) for picture in shown]
    payload = {
        "title": title or epochs.title,
        "nodes": nodes,
        "blocks": blocks(nodes),
        "classes": card["class_names"],
        "preprocess": {key: card[key] for key in ("size", "resize", "crop", "invert", "scale", "offset")},
        "loss": describe_loss(model, card["output"]),
        "pictures": _pictures(shown, said, card["task"] == "many", blobs),
        "first": reading.telling(said),
        "epochs": [
            {"name": name, "at": [] if heavy else rounding.lay_down(nodes, arrays(each), blobs, exact)}
            for each, name in zip(epochs.models, epochs.names, strict=True)
        ],
        "history": _finite(history if history is not None else epochs.history()),
        "shapes": [list(array.shape) for array in arrays(model)],
        "rounded": None if exact else rounding.told(epochs.models, shown, card),
        "training": learning(model, shown, heavy, exact),
        "carried": carry(epochs.models, nodes, shown, card, blobs) if heavy else None,
    }
    page = html(payload, blobs)
    with replacing(path) as file:
        file.write(page)
    return len(page)


def _pictures(
    shown: Sequence[reading.Picture], said: Sequence[reading.Judged], many: bool, blobs: Blobs
) -> list[dict[str, Any]]:
    """List the pictures: name, label, where the pixels lie, and what the net says, where that is one class."""
    return [
        {"name": name, "label": label, "at": blobs.add(pixels), "says": None if many else judgement.says}
        for (name, label, pixels), judgement in zip(shown, said, strict=True)
    ]


def _finite(history: Mapping[str, Sequence[float]]) -> dict[str, list[float | None]]:
    """Write what is not finite as None: JSON has no word for it."""
    return {name: [value if np.isfinite(value) else None for value in values] for name, values in history.items()}


def _described(epochs: Epochs) -> tuple[list[Node], Callable[[Model], list[Array]]]:
    """Describe the net to the page, and refuse what the page cannot show."""
    model = epochs.last
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"The page explains nets of one input and one output. Received: {len(model.inputs)} and "
            f"{len(model.outputs)}."
        )
    nodes, arrays = describe(model)
    if any(describe(other)[0] != nodes for other in epochs.models[:-1]):
        raise ValueError("`models` must all be the same net at several epochs. Received: nets of different layers.")
    shape = nodes[0]["shape"]
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ValueError(
            f"The page explains nets that take one picture, grey or RGB. Received: an input of shape {tuple(shape)}."
        )
    if len(nodes[-1]["shape"]) != 1:
        raise ValueError(f"The page explains nets that end in a row of numbers. Received: {tuple(nodes[-1]['shape'])}.")
    return nodes, arrays


def describe_loss(model: Model, output: str) -> dict[str, Any]:
    """Describe a model's loss to the page.

    Parameters
    ----------
    model : Model
    output : "logits" or "probabilities"
        What the model returns.

    Returns
    -------
    loss : dict
        kind ("categorical", "binary" or "squared"), fused (whether it takes the logits before the last activation),
        logits (whether it takes logits at all), name, output.

    Raises
    ------
    ValueError
        The page does not know this loss.
    """
    loss = loss_of(model)
    kind = LOSSES.get(type(loss))
    if kind is None:
        raise ValueError(f"The page knows the losses {', '.join(sorted(set(LOSSES.values())))}. Received: {loss.name}.")
    fused = loss.takes_logits(model)
    return {"kind": kind, "fused": fused, "logits": fused or loss.from_logits, "name": loss.name, "output": output}
