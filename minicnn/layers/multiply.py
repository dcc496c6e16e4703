"""Multiply: several arrays, elementwise; a size of 1 is stretched to fit the others.

    y = x_1 * x_2 * ...         dx_i = dy * (the product of the others), summed where x_i was stretched

Kernels: multiply_forward, multiply_backward. Kept for the way back: all of them.
Source: Keras 3 `Multiply`. On paper: reference/multiply.py.
"""

from .. import kernels
from ..types import Array
from .joining import Joining


class Multiply(Joining):
    """Multiply a list of at least two arrays, whose sizes agree or are 1; axes after the batch's may be missing.

    Parameters
    ----------
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        At build: it is no list of two or more, or sizes differ and none of them is 1.

    Examples
    --------
    A gate a channel, as in squeeze-and-excitation: (1, 2) counts as (1, 1, 1, 2).

    >>> import numpy as np
    >>> from minicnn import Multiply
    >>> image, gate = np.full((1, 1, 2, 2), 8.0), np.array([[0.5, 0.0]])
    >>> layer = Multiply()
    >>> layer([image, gate], training=True)
    array([[[[4., 0.],
             [4., 0.]]]], dtype=float32)
    >>> dimage, dgate = layer.backward(np.ones((1, 1, 2, 2)))
    >>> dgate
    array([[16., 16.]], dtype=float32)
    """

    def _join(self, xs: list[Array]) -> tuple[Array, list[Array]]:
        return kernels.multiply_forward(xs), xs

    def _part(self, dy: Array, xs: list[Array]) -> list[Array]:
        return kernels.multiply_backward(dy, xs)
