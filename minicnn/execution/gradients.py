"""Gradients: their sum where several meet, and a dense kernel's, which is multiplied out when somebody reads it.

    dkernel = x.T @ dy          (inputs, units)

It is as large as the kernel, in a small net larger than everything else. SGD can compute it tile by tile while it moves
the weights (kernels/sgd.py) and never write it to memory. So training leaves the two factors in `grads`, in an object
that is an array for everybody who looks at it: reading multiplies once, and only then.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..types import Array, DTypeLike


class ProductGradient(np.lib.mixins.NDArrayOperatorsMixin):
    """The gradient x.T @ dy of a dense kernel, computed when it is read; NumPy takes it like any array.

    Parameters
    ----------
    dy : (N, units) float32 or float64
        Gradient before the activation. Neither array may change before the gradient is read.
    x : (N, inputs), dtype of dy
        What went into the layer.

    Examples
    --------
    >>> import numpy as np
    >>> gradient = ProductGradient(dy=np.array([[1.0, 2.0]]), x=np.array([[3.0], [4.0]]).T)
    >>> gradient.shape, gradient.factors is None
    ((2, 2), False)
    >>> np.asarray(gradient)
    array([[3., 6.],
           [4., 8.]])
    """

    def __init__(self, dy: Array, x: Array) -> None:
        self._factors: kernels.Product | None = kernels.Product(dy, x)
        self._array: Array | None = None
        self.shape: tuple[int, int] = (x.shape[1], dy.shape[1])
        self.dtype: np.dtype[Any] = x.dtype

    @property
    def factors(self) -> kernels.Product | None:
        """What an optimizer may multiply itself; None once the gradient was read, and so perhaps changed."""
        return self._factors

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if self._factors is not None:
            self._array, self._factors = kernels.dense_backward_kernel(*self._factors), None
        return np.array(self._array, dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        if "out" in settings:  # g *= 2
            settings["out"] = tuple(map(_array, settings["out"]))
        return getattr(ufunc, method)(*map(_array, inputs), **settings)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # NumPy's other protocols, copy's and pickle's
            raise AttributeError(name)
        return getattr(_array(self), name)

    def __getitem__(self, index: Any) -> Any:
        return _array(self)[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        _array(self)[index] = value

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return repr(_array(self))


def added(one: Any, other: Any) -> Any:
    """Return the sum of two gradients: of arrays by a kernel, on all threads and in memory that is used again.

    Never in place: Add hands one array to all its inputs.

    Examples
    --------
    >>> import numpy as np
    >>> added(np.array([1.0, 2.0]), np.array([10.0, 20.0])).tolist()
    [11.0, 22.0]
    """
    if type(one) is type(other) is np.ndarray and one.dtype == other.dtype and one.shape == other.shape:
        return kernels.add_forward([one, other])
    return one + other


def _array(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, ProductGradient) else value


def dense_gradient(copy_x: bool, copy_dy: bool) -> Callable[[Array, Array], ProductGradient]:
    """Return a stand-in for `kernels.dense_backward_kernel` that leaves the product to its reader.

    Parameters
    ----------
    copy_x, copy_dy : bool
        Whether the array may be the caller's, who may write into it before the gradient is read.
    """
    return lambda dy, x: ProductGradient(dy.copy() if copy_dy else dy, x.copy() if copy_x else x)
