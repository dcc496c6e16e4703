"""The classifier.json of a model, completed for what the commands do with pictures."""

import os
from typing import Any

import numpy as np

from ..data import to_floats
from ..files import PILLOW_FILTERS, ResolvedCard, check_supported
from ..models import Model, card_of
from ..types import AnyArray, Array

ABLE: dict[str, tuple[Any, ...]] = {  # of classifier.json's fields, what is done here
    "resize": (*PILLOW_FILTERS, "tf-bilinear"),
}


def complete(model: Model, path: str | os.PathLike[str] | None = None, **better: Any) -> ResolvedCard:
    """Fill in a model's classifier.json where it is absent or the caller knows better.

    Parameters
    ----------
    model : Model
        Its `classifier` is set.
    path : str or PathLike, optional
        The model's file: labels.txt or metadata.json beside it are asked too.
    **better
        Fields of classifier.json that the caller knows better: `class_names`, `size`, `scale`, ...

    Returns
    -------
    resolved : ResolvedCard
        What is known, and who told it.

    Raises
    ------
    ValueError
        The model takes no pictures or gives neither numbers nor pictures, its numbers are not finite, what is known
        does not fit it, or it asks for what can't be done here.
    """
    taken, given = model.input_shape, model.output_shape
    if not takes_pictures(taken):
        raise ValueError(f"The model must take one picture, grey or RGB, (None, height, width, 3). Received: {taken}.")
    if any(len(shape) not in (2, 4) for shape in (given if isinstance(given, list) else [given])):
        raise ValueError(f"The model must give a row of numbers, (None, classes), or a picture. Received: {given}.")
    if not all(np.isfinite(array).all() for array in model.get_weights()):
        raise ValueError("The model's weights must be finite numbers; some are not, as after a training that diverged.")
    resolved = card_of(model, path, **better)
    check_supported(resolved.value, **ABLE)
    model.classifier = resolved.value
    return resolved


def takes_pictures(shape: Any) -> bool:
    """Tell whether this is the shape of one picture a row: (None, H, W, 3), (None, H, W, 1) or (None, H, W)."""
    return isinstance(shape, tuple) and (len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3)))


def fed(model: Model, pictures: AnyArray) -> Array:
    """Make of pictures what a model takes, as its classifier.json says.

    Parameters
    ----------
    model : Model
        With its `classifier` set.
    pictures : (N, H, W, C) uint8
        As they were read: see `data.reading`.

    Returns
    -------
    x : (N, H, W, C) float32
        (N, H, W) where the model takes pictures without an axis of channels.
    """
    card = known(model)
    return shaped(model, to_floats(pictures, card["scale"], card["offset"], card.get("order", "rgb")))


def shaped(model: Model, x: Array) -> Array:
    """Leave out the axis of channels, (N, H, W, 1), where a model takes none."""
    return x[..., 0] if len(model.input_shape) == 3 else x


def known(model: Model) -> dict[str, Any]:
    """Return a model's classifier.json.

    Parameters
    ----------
    model : Model

    Returns
    -------
    card : dict

    Raises
    ------
    ValueError
        It has none yet: `complete` makes one.
    """
    if model.classifier is None:
        raise ValueError("`model` must know its classes and its pictures, as after card.complete. Received: no card.")
    return model.classifier
