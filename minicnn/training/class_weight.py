"""class_weight: how much the examples of each class count in the loss."""

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from ..arguments import LARGEST_FLOAT32
from ..losses import CrossEntropy, Loss
from ..types import AnyArray, Array


def weights_of(y: AnyArray, class_weight: Mapping[int, float], shape: tuple[int, ...], loss: Loss) -> Array:
    """Return the weight of each example, that of its class; a class that is not named counts 1.

    The class is found as Keras finds it: where a row of y is largest, or the nearest integer where y is one number.

    Parameters
    ----------
    y : (N,) or (N, K)
        Labels, integers or one-hot.
    class_weight : dict
        Class -> weight, at least 0.
    shape : tuple of int
        Of the model's outputs, (N, ..., K).
    loss : Loss
        A cross-entropy has K classes (two where K is 1); another loss any number.

    Returns
    -------
    weights : (N,) float64

    Raises
    ------
    TypeError, ValueError
        `class_weight` is no dict, has a class or a weight that cannot be, or the labels are not one class an example.
    """
    _check(class_weight, max(shape[-1], 2) if isinstance(loss, CrossEntropy) else math.inf)
    y = y.reshape(len(y), -1) if y.size == len(y) else y
    if y.ndim != 2 or (y.shape[1] > 1 and len(shape) != 2):
        raise ValueError(f"`class_weight` needs one class an example. Received: y.shape={y.shape}.")
    classes = y.argmax(-1) if y.shape[-1] > 1 else np.rint(y[:, 0])
    return np.array([float(class_weight.get(int(k), 1.0)) for k in classes])


def _check(class_weight: Any, classes: float) -> None:
    """Refuse what is no dict of classes, 0 to classes - 1, and their weights."""
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            "`class_weight` must be a dict, class -> weight: {0: 1.0, 1: 2.5}. "
            f"Received: class_weight={class_weight!r}."
        )
    for key, weight in class_weight.items():
        if not (_is_number(key) and 0 <= key < classes and key % 1 == 0):
            bound = "" if classes == math.inf else f" to {classes - 1}"
            raise ValueError(
                f"`class_weight` must have classes, integers from 0{bound}, as keys. Received: key {key!r}."
            )
        if not (_is_number(weight) and 0 <= weight <= LARGEST_FLOAT32):
            raise ValueError(
                f"`class_weight` must have finite numbers of at least 0 as weights. "
                f"Received: {weight!r} for class {key!r}."
            )


def _is_number(value: object) -> bool:
    return isinstance(value, Real)
