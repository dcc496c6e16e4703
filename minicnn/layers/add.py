"""Add: several arrays become their sum; a size of 1 is stretched to fit the others (a residual connection ends in one).

    y = x_1 + x_2 + ...         dx_i = dy, summed where x_i was stretched

Kernels: add_forward, add_backward. The way back needs the shapes alone.
Source: Keras 3 `Add`. On paper: reference/add.py.
"""

from .. import kernels
from ..types import Array
from .joining import Joining


class Add(Joining):
    """Sum a list of at least two arrays, whose sizes agree or are 1; axes after the batch's may be missing.

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
    >>> from minicnn import Add
    >>> layer = Add()
    >>> image, bias = np.zeros((1, 2, 2, 3)), np.array([[1, 2, 3]])  # (1, 3) counts as (1, 1, 1, 3)
    >>> layer([image, bias], training=True)[0, 0]
    array([[1., 2., 3.],
           [1., 2., 3.]], dtype=float32)
    >>> dimage, dbias = layer.backward(np.ones((1, 2, 2, 3)))
    >>> dimage.shape, dbias.tolist()  # each number of the bias went to four pixels
    ((1, 2, 2, 3), [[4.0, 4.0, 4.0]])
    """

    def _join(self, xs: list[Array]) -> tuple[Array, list[tuple[int, ...]]]:
        return kernels.add_forward(xs), [x.shape for x in xs]

    def _part(self, dy: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
        return kernels.add_backward(dy, shapes)
