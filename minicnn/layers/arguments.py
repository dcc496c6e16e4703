"""Checks of a layer's settings and of its input's shape, shared by the layers that take them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..arguments import LARGEST_FLOAT32, integer, is_integer, is_number
from ..types import Pads, Pair

if TYPE_CHECKING:
    from .base import Layer

LARGEST = 2**31 - 1  # of any setting: what a compiled loop can count to


def positive_int(name: str, value: Any) -> int:
    """Return value as an int of at least 1."""
    return integer(name, value, most=LARGEST)


def pair(name: str, value: Any) -> Pair:
    """Return (height, width), both positive: 3 means (3, 3)."""
    values = value if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(f"`{name}` must be one positive integer or two. Received: {name}={value!r}.")
    height, width = (positive_int(name, item) for item in values)
    return height, width


def natural_pair(name: str, value: Any) -> Pair:
    """Return (height, width), both 0 or more: 1 means (1, 1)."""
    values = value if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(f"`{name}` must be one integer of at least 0, or two. Received: {name}={value!r}.")
    height, width = (integer(name, item, 0, LARGEST) for item in values)
    return height, width


def sides(name: str, value: Any) -> Pads:
    """Return ((top, bottom), (left, right)): 1 means 1 on every side, (1, 2) means 1 above and below, 2 beside."""
    both = value if isinstance(value, (tuple, list)) else (value, value)
    ends = [tuple(side) if isinstance(side, (tuple, list)) else (side, side) for side in both]
    pixels = [pixel for side in ends for pixel in side]
    if list(map(len, ends)) != [2, 2] or not all(is_integer(pixel) and 0 <= pixel <= LARGEST for pixel in pixels):
        raise ValueError(
            f"`{name}` must be one integer of at least 0, two, or ((top, bottom), (left, right)). "
            f"Received: {name}={value!r}."
        )
    top, bottom, left, right = map(int, pixels)
    return (top, bottom), (left, right)


def not_negative(name: str, value: Any) -> float:
    """Return value as a finite float of at least 0."""
    if not is_number(value) or not 0 <= value <= LARGEST_FLOAT32:
        raise ValueError(f"`{name}` must be a number of at least 0. Received: {name}={value!r}.")
    return float(value)


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return value if it is among the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, choices))}. Received: {name}={value!r}.")
    return value


def image_shape(layer: "Layer", shape: Any) -> tuple[int | None, int | None, int | None, int]:
    """Check that a layer's input is a batch of images, (None, H, W, C) with C known; H and W may be None."""
    if isinstance(shape, list) or len(shape) != 4 or shape[3] is None:
        hint = " (Input's shape is without the batch.)" if tuple(shape[:2]) == (None, None) and len(shape) == 5 else ""
        raise ValueError(
            f"Layer '{layer.name}' takes images of shape (None, height, width, channels). "
            f"Received: input_shape={shape}.{hint}"
        )
    n, height, width, channels = shape
    return n, height, width, channels
