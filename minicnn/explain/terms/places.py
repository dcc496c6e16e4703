"""Where a number lives: every call of a layer in a model, nested models unfolded, and an index in its output.

A `Place` is one call: its key is the one that `Model.forward(record=)` uses ("conv2d", "conv2d:1" for a second call,
"inner/conv2d" in a nested model), its sources are the places whose outputs it reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...arguments import is_integer
from ...layers import Layer
from ...models import Model
from ...types import AnyArray, Shape
from . import inside
from .table import Index


@dataclass(frozen=True)
class Place:
    """One call of one layer.

    Attributes
    ----------
    key : str
        The key that `Model.forward(record=)` uses for its output.
    layer : Layer
    sources : tuple of str
        The keys of the places whose outputs it reads.
    shape : (None, ...)
        Of its output: a layer that is called twice may return two.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> place = unfold(Sequential([Input((4,)), Dense(3)]))["dense"]
    >>> place.kind, place.shape
    ('Dense', (None, 3))
    """

    key: str
    layer: Layer
    sources: tuple[str, ...]
    shape: Shape

    @property
    def kind(self) -> str:
        """The layer's class."""
        return type(self.layer).__name__


def unfold(model: Model) -> dict[str, Place]:
    """List the calls of all layers in running order; models inside are walked into.

    An input layer of a nested model stays as a place: it hands on what the outer place returned.

    Parameters
    ----------
    model : Model

    Returns
    -------
    places : dict
        Key -> Place.

    Examples
    --------
    >>> from minicnn import Dense, Input, ReLU, Sequential
    >>> model = Sequential([Input((4,)), Sequential([Dense(2), ReLU()], name="inner"), Dense(3)])
    >>> [(key, place.kind) for key, place in unfold(model).items()][-2:]
    [('inner/re_lu', 'ReLU'), ('dense', 'Dense')]
    """
    return {call.key: Place(call.key, call.layer, call.sources, call.shape) for call in model.calls()}


def find(places: Mapping[str, Place], name: str) -> tuple[Place, str | None]:
    """Find the place of a name, and which part of it is meant (inside.py).

    Parameters
    ----------
    places : dict
        Of `unfold`.
    name : str
        "conv2d", "conv2d (before relu)"; a nested model's name stands for its output.

    Returns
    -------
    place : Place
    part : str or None
        None for its output.

    Raises
    ------
    ValueError
        The name stands for nothing in this model.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> place, part = find(unfold(Sequential([Input((4,)), Dense(3, activation="relu")])), "dense (before relu)")
    >>> place.key, part
    ('dense', 'before relu')
    """
    key, part = inside.split(name)
    if key in places and (part is None or part in inside.parts(places[key].layer)):
        return places[key], part
    nested = [place for own, place in places.items() if own.startswith(f"{name}/")]
    if nested:
        return nested[-1], None
    known = [inside.named(key, part) for key, place in places.items() for part in (*inside.parts(place.layer), None)]
    raise ValueError(f"`layer` must be one of {', '.join(map(repr, known))}. Received: {name!r}.")


def layer_path(key: str) -> str:
    """Drop the call's number from a place's key.

    Examples
    --------
    >>> layer_path("inner/conv2d:1")
    'inner/conv2d'
    """
    return "/".join(part.partition(":")[0] for part in key.split("/"))


def full_index(index: int | Sequence[int] | AnyArray, shape: Sequence[int]) -> Index:
    """Complete an index: without the batch's axis, the first example is meant; negative numbers count from the end.

    Parameters
    ----------
    index : int or tuple of int
    shape : tuple of int
        Of the array that it goes into.

    Returns
    -------
    index : tuple of int
        One number an axis, 0 or more.

    Raises
    ------
    ValueError
        It names nothing in an array of this shape.

    Examples
    --------
    >>> full_index((2, -1), (8, 5, 5)), full_index(3, (8, 5))
    ((0, 2, 4), (0, 3))
    """
    given = tuple(index) if isinstance(index, (Sequence, np.ndarray)) else (index,)
    whole = all(map(is_integer, given))
    full = (0, *given) if len(given) == len(shape) - 1 else given
    if not whole or len(full) != len(shape) or not all(-n <= i < n for i, n in zip(full, shape, strict=True)):
        raise ValueError(
            f"`index` must name one number of an array of shape {tuple(shape)} (the first axis may be "
            f"left out). Received: index={given!r}."
        )
    return tuple(int(i) % n for i, n in zip(full, shape, strict=True))
