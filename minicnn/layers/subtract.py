"""Subtract: one array minus another; a size of 1 is stretched to fit the other.

    y = x_1 - x_2         dx_1 = dy, dx_2 = -dy, each summed where its x was stretched

Kernels: subtract_forward, subtract_backward. The way back needs the shapes alone.
Source: Keras 3 `Subtract`. On paper: reference/subtract.py.
"""

from .. import kernels
from ..types import Array, Shape
from .joining import Joining, stretched_shape


class Subtract(Joining):
    """Subtract the second of two arrays from the first; sizes agree or are 1, axes after the batch's may be missing.

    Parameters
    ----------
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        At build: it is no list of two, or sizes differ and none of them is 1.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Subtract
    >>> layer = Subtract()
    >>> layer([np.array([[5, 6]]), np.array([[1, 2]])], training=True)
    array([[4., 4.]], dtype=float32)
    >>> layer.backward([[1.0, 2.0]])
    [array([[1., 2.]], dtype=float32), array([[-1., -2.]], dtype=float32)]
    """

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """[(None, H, W, C), (None, C)] -> (None, H, W, C)."""
        if isinstance(input_shape, list) and len(input_shape) > 2:
            raise ValueError(f"Layer '{self.name}' takes a list of two inputs. Received: input_shape={input_shape}.")
        return stretched_shape(self, input_shape)

    def _join(self, xs: list[Array]) -> tuple[Array, list[tuple[int, ...]]]:
        return kernels.subtract_forward(xs), [x.shape for x in xs]

    def _part(self, dy: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
        return kernels.subtract_backward(dy, shapes)
