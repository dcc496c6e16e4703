"""The classifier.json of a model, completed for what the commands do with pictures."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..files import PILLOW_FILTERS, check_supported
from ..models import Model, card_of

ABLE: dict[str, tuple[Any, ...]] = {  # of classifier.json's fields, what is done here
    "task": ("one",),
    "channels": (3,),
    "invert": (False,),
    "crop": ("none",),
    "resize": PILLOW_FILTERS,
}


def complete(
    model: Model,
    classes: Sequence[str] | None = None,
    size: Sequence[int] | None = None,
    scale: float | None = None,
    path: str | os.PathLike[str] | None = None,
) -> str:
    """Fill in a model's classifier.json where it is absent or the caller knows better.

    Parameters
    ----------
    model : Model
        Its `classifier` is set.
    classes : list of str, optional
    size : (height, width), optional
        In pixels.
    scale : float, optional
        What pixels are multiplied by.
    path : str or PathLike, optional
        The model's file: labels.txt or metadata.json beside it are asked too.

    Returns
    -------
    sentence : str
        What was guessed; empty where all was known.

    Raises
    ------
    ValueError
        The model is no classifier of pictures, its numbers are not finite, what is known does not fit it, or it asks
        for what can't be done here.
    """
    taken, given = model.input_shape, model.output_shape
    if not isinstance(taken, tuple) or len(taken) != 4 or taken[3] != 3:
        raise ValueError(f"The model must take one RGB picture, (None, height, width, 3). Received: {taken}.")
    if not isinstance(given, tuple) or len(given) != 2:
        raise ValueError(f"The model must give one row of numbers a picture, (None, classes). Received: {given}.")
    if not all(np.isfinite(array).all() for array in model.get_weights()):
        raise ValueError("The model's weights must be finite numbers; some are not, as after a training that diverged.")
    resolved = card_of(model, path, class_names=classes, size=size, scale=scale)
    check_supported(resolved.value, **ABLE)
    model.classifier = resolved.value
    return resolved.sentence


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
