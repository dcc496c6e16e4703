"""Windowed: what the layers share that look at an image through a window, convolutions and poolings.

    span   = (k - 1) * d + 1                            pixels that a window of k taps, d apart, reaches over
    output = (size + before + after - span) // s + 1    places where it can stand

Source: reference/padding.py, which has the arithmetic; Dumoulin & Visin, arXiv:1603.07285.
"""

from collections.abc import Sequence
from typing import Any

from .. import reference
from ..types import IntArray, Pads, Pair
from .base import Layer
from .reads import Reads


class Windowed(Layer):
    """A layer whose outputs each look at one window of the image. It sets `strides`, `padding` and its window's size.

    Attributes
    ----------
    taps : (int, int)
        Numbers that a window takes along each axis: `kernel_size` or `pool_size`.
    strides : (int, int)
        From window to window, pixels.
    padding : "valid" or "same"
    dilation_rate : (int, int)
        From tap to tap, pixels; (1, 1) where a layer has no such setting.

    Examples
    --------
    >>> from minicnn import Conv2D
    >>> layer = Conv2D(8, 3, strides=2, padding="same")
    >>> layer.pads((64, 64)), layer.output_sizes((64, 64))
    (((0, 1), (0, 1)), (32, 32))
    """

    strides: Pair
    padding: str
    dilation_rate: Pair = (1, 1)

    @property
    def taps(self) -> Pair:
        """Numbers that a window takes along each axis."""
        raise NotImplementedError

    def pads(self, sizes: Sequence[int | None]) -> Pads:
        """Return the pixels of padding round an image of these sizes, (height, width)."""
        return reference.window_pads(self.padding, sizes, self.taps, self.strides, self.dilation_rate)

    def output_sizes(self, sizes: Sequence[int | None]) -> tuple[int | None, int | None]:
        """Return how many windows an image of these sizes, (height, width), has along each axis; None where open."""
        height, width = (
            reference.output_size(size, k, s, sum(pad), d)
            for size, k, s, pad, d in zip(
                sizes, self.taps, self.strides, self.pads(sizes), self.dilation_rate, strict=True
            )
        )
        return height, width

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return where the window of each output begins and ends."""
        before, _ = self.pads(input_shape[1:3])[axis - 1]
        first = places * self.strides[axis - 1] - before
        span = reference.effective_size(self.taps[axis - 1], self.dilation_rate[axis - 1])
        return Reads(first, first + span - 1, self.strides[axis - 1], self.dilation_rate[axis - 1])
