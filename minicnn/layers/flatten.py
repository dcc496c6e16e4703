"""Flatten: an image becomes a row of numbers, so that a dense layer can read it.

    y[n, (i*W + j)*C + c] = x[n, i, j, c]           dx = dy in x's shape

Source: Keras 3 `Flatten`, channels last. On paper: reference/flatten.py.
"""

import math

from .. import kernels
from .base import Layer


class Flatten(Layer):
    """Write each example's numbers in one row: row by row, pixel by pixel, channel by channel."""

    only = {"data_format": "channels_last"}

    def compute_output_shape(self, input_shape):
        """(None, ...) -> (None, product of the rest)."""
        sizes = input_shape[1:]
        return (input_shape[0], None if None in sizes else math.prod(sizes))

    def _forward(self, x, training):
        return kernels.flatten_forward(x), x.shape

    def _backward(self, dy, shape, need_dx):
        return kernels.flatten_backward(dy, shape) if need_dx else None

    def _settings(self):
        return {"data_format": "channels_last"}
