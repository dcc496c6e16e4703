"""The score of a class: its logit, or the difference of two; and its gradient on the picture.

A net of one output has two classes: z is the score of the second, -z that of the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...arguments import is_integer
from ...models import Model
from ...types import Array, ArrayLike
from ..terms import as_batch

Class = int | str


@dataclass(frozen=True)
class Scored:
    """One class of one picture, or one class against another.

    Attributes
    ----------
    label : int
        The class.
    against : int or None
        The class that it is held against.
    value : float
        The class's logit, less that of the other one.

    Examples
    --------
    >>> Scored(label=2, against=0, value=1.5).against
    0
    """

    label: int
    against: int | None
    value: float


def score(model: Model, x: ArrayLike, label: Class | None = None, against: Class | None = None) -> Scored:
    """Compute the score of a class for one picture.

    Parameters
    ----------
    model : Model
        Of one input and one row of outputs.
    x : (H, W, C) or (1, H, W, C)
        One example, as the model takes it.
    label : int or str, optional
        The class, by its number or by its name in the model's classifier.json; by default the one that the model names.
    against : int or str, optional
        Another class, whose logit is taken off.

    Returns
    -------
    scored : Scored

    Raises
    ------
    ValueError
        More than one example, a class that the model does not have, or one class against itself.

    Examples
    --------
    >>> from minicnn import Dense, Flatten, Input, Sequential, Softmax
    >>> model = Sequential([Input((1, 1, 1)), Flatten(), Dense(3), Softmax()])
    >>> model.set_weights([np.array([[1.0, 2.0, 5.0]]), np.zeros(3)])
    >>> score(model, [[[2.0]]]), score(model, [[[2.0]]], label=0, against=1).value
    (Scored(label=2, against=None, value=10.0), -2.0)
    """
    return _scored(model, model.forward(one(model, x), logits=True), label, against)[0]


def score_gradient(model: Model, x: ArrayLike, label: Class | None = None, against: Class | None = None) -> Array:
    """Compute the gradient of a class's score at every number of a picture.

    Parameters
    ----------
    model, x, label, against
        As in `score`.

    Returns
    -------
    gradient : (H, W, C)
        How much the score changes with each number of x, of x's scale.

    Raises
    ------
    ValueError
        As `score`.

    Examples
    --------
    >>> from minicnn import Dense, Flatten, Input, Sequential, Softmax
    >>> model = Sequential([Input((1, 2, 1)), Flatten(), Dense(2), Softmax()])
    >>> model.set_weights([np.array([[1.0, 2.0], [0.5, 0.0]]), np.zeros(2)])
    >>> score_gradient(model, np.ones((1, 2, 1)), label=0, against=1).ravel().tolist()
    [-1.0, 0.5]
    """
    return led_back(model, one(model, x), label, against)[0]


def led_back(
    model: Model,
    batch: ArrayLike,
    label: Class | None,
    against: Class | None,
    values: dict[str, Array] | None = None,
    gradients: dict[str, Array] | None = None,
) -> Array:
    """Run a batch of one forward and its score back; fill in the outputs and gradients of all places, if asked."""
    out = model.forward(batch, keep=True, logits=True, record=values)
    try:
        _, direction = _scored(model, out, label, against)
        return model.backward(direction, record=gradients)
    except BaseException:
        model.forget()
        raise


def one(model: Model, x: ArrayLike) -> Array:
    """Return x as a batch of one picture.

    Raises
    ------
    ValueError
        It is more than one, or no picture.
    """
    batch = as_batch(model, x)
    if batch.ndim != 4 or len(batch) != 1:
        raise ValueError(f"`x` must be one picture, (H, W, C). Received: shape {np.shape(x)}.")
    return batch


def _scored(model: Model, out: Array, label: Class | None, against: Class | None):
    """Return the score, and by how much it grows with each output."""
    if not isinstance(out, np.ndarray) or out.ndim != 2:
        raise ValueError("Only models that end in one row of numbers have a score for each class.")
    z, alone = out[0], out.shape[1] == 1
    count = 2 if alone else len(z)
    names = (model.classifier or {}).get("class_names")
    label = int(z[0] > 0 if alone else z.argmax()) if label is None else _number(label, count, names, "label")
    against = None if against is None else _number(against, count, names, "against")
    if label == against:
        raise ValueError(f"`against` must be another class than `label`. Received: {against} for both.")
    direction = np.zeros_like(out)
    if alone:  # its logit is already that of the second class against the first
        direction[0, 0] = 1 if label else -1
    else:
        direction[0, label] = 1
        if against is not None:
            direction[0, against] = -1
    return Scored(label, against, float((out * direction).sum())), direction


def _number(given: Class, count: int, names: Sequence[str] | None, argument: str):
    if isinstance(given, str):
        if names is None or given not in names:
            known = f"one of {', '.join(names)}" if names else "a number: this model has no names for its classes"
            raise ValueError(f"`{argument}` must be {known}. Received: {given!r}.")
        return names.index(given)
    if not is_integer(given) or not 0 <= given < count:
        raise ValueError(f"`{argument}` must be a class from 0 to {count - 1}, or its name. Received: {given!r}.")
    return int(given)
