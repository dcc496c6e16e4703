"""Average: several arrays become their mean; a size of 1 is stretched to fit the others.

    y = (x_1 + ... + x_k) / k         dx_i = dy / k, summed where x_i was stretched

Kernels: average_forward, average_backward. The way back needs the shapes alone.
Source: Keras 3 `Average`. On paper: reference/average.py.
"""

from .. import kernels
from ..types import Array
from .joining import Joining


class Average(Joining):
    """Average a list of at least two arrays, whose sizes agree or are 1; axes after the batch's may be missing.

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
    >>> import numpy as np
    >>> from minicnn import Average
    >>> layer = Average()
    >>> layer([np.array([[1, 2]]), np.array([[3, 8]])], training=True)
    array([[2., 5.]], dtype=float32)
    >>> layer.backward([[1.0, 2.0]])
    [array([[0.5, 1. ]], dtype=float32), array([[0.5, 1. ]], dtype=float32)]
    """

    def _join(self, xs: list[Array]) -> tuple[Array, list[tuple[int, ...]]]:
        return kernels.average_forward(xs), [x.shape for x in xs]

    def _part(self, dy: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
        return kernels.average_backward(dy, shapes)
