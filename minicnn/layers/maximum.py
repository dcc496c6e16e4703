"""Maximum: the largest of several arrays, elementwise; a size of 1 is stretched to fit the others.

    y = max(x_1, x_2, ...)         dx_i = dy where x_i is the first that is y, else 0; summed where it was stretched

Kernels: maximum_forward, maximum_backward. Kept for the way back: all of them.
Source: Keras 3 `Maximum`. On paper: reference/maximum.py.
"""

from .. import kernels
from ..types import Array
from .joining import Joining


class Maximum(Joining):
    """Take the largest of at least two arrays, whose sizes agree or are 1; axes after the batch's may be missing.

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
    >>> from minicnn import Maximum
    >>> layer = Maximum()
    >>> layer([np.array([[1, 9]]), np.array([[5, 5]])], training=True)
    array([[5., 9.]], dtype=float32)
    >>> layer.backward([[7.0, 8.0]])
    [array([[0., 8.]], dtype=float32), array([[7., 0.]], dtype=float32)]
    """

    def _join(self, xs: list[Array]) -> tuple[Array, list[Array]]:
        return kernels.maximum_forward(xs), xs

    def _part(self, dy: Array, xs: list[Array]) -> list[Array]:
        return kernels.maximum_backward(dy, xs)
