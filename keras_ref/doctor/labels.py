"""The doctor on labels: their shape and range, and the head and the loss that are to take them.

The table of heads and losses that fit:

| the last layer | the loss | the labels |
|---|---|---|
| K units, linear | CategoricalCrossentropy(from_logits=True) | (N, K), one 1 a row |
| K units, softmax | CategoricalCrossentropy() | (N, K), one 1 a row |
| K units, linear | SparseCategoricalCrossentropy(from_logits=True) | (N,) whole numbers 0 to K - 1 |
| K units, softmax | SparseCategoricalCrossentropy() | (N,) whole numbers 0 to K - 1 |
| 1 unit, linear or sigmoid | BinaryCrossentropy(from_logits=True or False) | (N,) or (N, 1), 0 and 1 |
| K units, linear or sigmoid | BinaryCrossentropy(from_logits=True or False) | (N, K), any number of 1 a row |
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Net
from .data import Drawn
from .finding import Finding
from .model import last_operations

BENDS: tuple[str, ...] = ("relu", "relu6", "leakyrelu", "leaky_relu", "tanh", "selu", "elu", "gelu")


def loss_kind(model: Net) -> str:
    """Return which family a model's loss is of.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    kind : "sparse", "categorical", "binary", "numbers" (a loss of regression), or "" where nobody knows
    """
    loss = getattr(model, "loss", None)
    name = (loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)).lower().replace("_", "")
    for kind in ("sparse", "categorical", "binary"):
        if kind in name:
            return kind
    return "numbers" if any(part in name for part in ("squared", "absolute", "mse", "mae", "huber", "logcosh")) else ""


def head(model: Net) -> Iterator[Finding]:
    """Find a head that its loss does not fit.

    Parameters
    ----------
    model : a compiled Keras model

    Yields
    ------
    finding : Finding
    """
    kind, shape = loss_kind(model), getattr(model, "output_shape", None)
    if not kind or not isinstance(shape, tuple) or len(shape) != 2:
        return
    units, last = shape[-1], [*last_operations(model), ""][0]
    end = model.layers[-1]
    activation = getattr(getattr(end, "activation", None), "__name__", type(end).__name__.lower())
    one = "a Dense(1) with BinaryCrossentropy, or a unit a class"
    if units == 1 and (last == "softmax" or kind in ("categorical", "sparse")):
        yield Finding("one unit", f"The softmax of one unit is always 1, so nothing is learned: give {one}.")
    elif last == "softmax" and kind == "binary":
        yield Finding(
            "loss for another head",
            "The model ends in softmax, one class of several, and BinaryCrossentropy takes each class for itself: use "
            "CategoricalCrossentropy.",
        )
    elif last == "sigmoid" and kind in ("categorical", "sparse"):
        yield Finding(
            "loss for another head",
            f"The model ends in {units} sigmoids, each class for itself, and its loss takes one class of several: use "
            "BinaryCrossentropy, or a softmax.",
        )
    elif activation in BENDS and kind != "numbers":
        yield Finding(
            "loss for another head",
            f"The model ends in {activation}, which cuts off or bends its logits: let the last layer be linear, or end "
            "in softmax or sigmoid.",
        )


def labels(model: Net, drawn: Drawn, what: str) -> Iterator[Finding]:
    """Find labels that the model's loss can't take, by their shape, their range or their rows.

    Parameters
    ----------
    model : a compiled Keras model
    drawn : Drawn
    what : "training" or "validation"

    Yields
    ------
    finding : Finding, one at most
    """
    kind, shape = loss_kind(model), getattr(model, "output_shape", None)
    y = np.asarray(drawn.some[1])
    if not isinstance(shape, tuple) or len(shape) != 2 or kind not in ("sparse", "categorical", "binary"):
        return
    units, flat = shape[-1], y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    sentence = None
    if len(drawn.some[0]) != len(y):
        sentence = f"There are {len(y)} labels to {len(drawn.some[0])} pictures"
    elif kind == "sparse":
        sentence = (
            _whole(y, units)
            if flat
            else f"They have the shape {_text(y)}: SparseCategoricalCrossentropy takes "
            "a whole number a picture; use CategoricalCrossentropy for one-hot labels"
        )
    elif kind == "categorical" or units > 1:
        if y.ndim != 2 or y.shape[1] != units:
            plain = kind == "categorical" and flat
            sentence = f"They have the shape {_text(y)}, and the model answers (N, {units})"
            sentence += ": use SparseCategoricalCrossentropy for whole numbers" if plain else ""
        elif kind == "categorical" and not np.allclose(y.sum(axis=1), 1, atol=1e-3):
            sentence = (
                f"Their rows sum to {y.sum(axis=1).min():g} to {y.sum(axis=1).max():g}, not to 1: they are not one-hot"
            )
    elif not flat:
        sentence = f"They have the shape {_text(y)}, and the model answers (N, 1)"
    if sentence is None and kind == "binary" and (y.min() < 0 or y.max() > 1):
        sentence = f"They lie in {y.min():g}..{y.max():g}, and BinaryCrossentropy takes 0 to 1"
    if sentence:
        yield Finding("labels that don't fit", f"The {what} labels can't be learned from. {sentence}.")


def _whole(y: NDArray[Any], units: int) -> str | None:
    low, high = y.min(), y.max()
    if not np.array_equal(y, np.round(y)):
        return "They are no whole numbers"
    if low >= 0 and high < units:
        return None
    shifted = f" (they are shifted by {low:g}: the first class is 0)" if low > 0 and high - low < units else ""
    return f"They lie in {low:g}..{high:g}, and {units} units take 0 to {units - 1}{shifted}"


def _text(y):
    return "(" + ", ".join(["N", *map(str, y.shape[1:])]) + ("," if y.ndim == 1 else "") + ")"
