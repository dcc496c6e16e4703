"""Normalization with constants: every number minus a mean, divided by a deviation. Nothing is learnt.

    y = (x - mean) / max(sqrt(variance), 1e-7)          dx = dy / max(sqrt(variance), 1e-7)

Kernels: normalization_forward, normalization_backward. Kept for the way back: the variance.
Source: Keras 3 `Normalization`. On paper: reference/normalization.py.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import initializers, kernels
from ..arguments import is_integer
from ..reference import NORMALIZATION_EPSILON
from ..types import Array, ArrayLike, DTypeLike, Shape
from .base import Layer

NUMBERS_AT_ONCE = 2**18  # of adapt, in float64


class Normalization(Layer):
    """Subtract a mean and divide by the root of a variance, along some axes.

    Parameters
    ----------
    axis : int, tuple of int or None
        Which axes have a mean of their own for every index; None: one for all numbers.
    mean : number or list of them, optional
        Given here; otherwise it is an array, read from a file or set.
    variance : number or list of them, optional
        In the shape of `mean`.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `axis` is none of these, or the batch's; `mean` and `variance` are not given together and in one shape, or, at
        build, do not fit the input.

    Notes
    -----
    state, where mean and variance are not given: mean, zeros; variance, ones; count, what Keras's adapt counted.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Normalization
    >>> layer = Normalization(mean=[10.0, 0.0], variance=[4.0, 1.0])  # one for each channel
    >>> layer(np.array([[14.0, 3.0]]))
    array([[2., 3.]], dtype=float32)
    """

    axis: tuple[int, ...]

    only: ClassVar[dict[str, Any]] = {"invert": False}

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: ArrayLike | None = None,
        variance: ArrayLike | None = None,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        axes: tuple[Any, ...] = () if axis is None else tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
        if not all(is_integer(item) and item != 0 for item in axes):
            raise ValueError(f"`axis` must be integers other than 0, the batch, or None. Received: axis={axis!r}.")
        if (mean is None) != (variance is None) or mean is not None and not _alike(mean, variance):
            raise ValueError(
                f"`mean` and `variance` must be numbers, given together and in one shape, or neither. "
                f"Received: mean={mean!r}, variance={variance!r}."
            )
        self.axis = axes
        self._numbers: tuple[Any, Any] = _constant(mean), _constant(variance)  # None: `state` has the arrays

    @property
    def mean(self) -> Any:
        """The mean: as it was given or, once the layer is built, as an array that broadcasts against x."""
        return self._shown(0)

    @property
    def variance(self) -> Any:
        """The variance, in the shape of the mean."""
        return self._shown(1)

    def _shown(self, which: int) -> Any:
        if not self.built:
            return self._numbers[which]
        shape = [size or 1 for size in (1, *self.input_shape[1:])]
        return self._constants(np.broadcast_to(np.zeros((), self.dtype), shape))[which]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape; the axes must be of known size."""
        rank = 0 if isinstance(input_shape, list) else len(input_shape)
        if not all(-rank < axis < rank and input_shape[axis] is not None for axis in self.axis):
            raise ValueError(
                f"`axis` of layer '{self.name}' must name axes of known size. "
                f"Received: axis={self.axis}, input_shape={input_shape}."
            )
        if self._numbers[0] is not None:
            sizes = [int(input_shape[axis] or 0) for axis in self._kept(rank)]
            try:
                np.broadcast_to(np.zeros(np.shape(self._numbers[0])), sizes)
            except ValueError:
                raise ValueError(
                    f"`mean` of layer '{self.name}' must fit the axes' sizes {tuple(sizes)}. "
                    f"Received: mean={np.asarray(self._numbers[0]).tolist()!r}."
                ) from None
        return input_shape

    def _fixed(self, input_shape: Any) -> Any:
        """Return the sizes of the axes that have a mean of their own for every index."""
        return [input_shape[axis] for axis in self._kept(len(input_shape))] if self.state else None

    def _kept(self, rank: int) -> list[int]:
        return sorted(axis % rank for axis in self.axis)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        if self._numbers[0] is None:
            sizes = tuple(input_shape[axis] for axis in self._kept(len(input_shape)))
            self.state["mean"] = initializers.zeros(sizes, self.dtype)
            self.state["variance"] = initializers.ones(rng, sizes, self.dtype)
            self.state["count"] = initializers.zeros((), "int64")

    def adapt(self, data: Any) -> None:
        """Take mean and variance from examples.

        Parameters
        ----------
        data : array (N, ...), or batches
            Arrays, or (x, y) of which x counts.

        Raises
        ------
        ValueError
            `mean` and `variance` were given, there is no example, or they do not fit what the layer was built for.
        TypeError
            `data` is no array and yields none.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn import Normalization
        >>> layer = Normalization()
        >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 50.0]]))
        >>> layer.mean, layer([[3.0, 10.0]])
        (array([[ 2., 30.]], dtype=float32), array([[ 1., -1.]], dtype=float32))
        """
        if self._numbers[0] is not None:
            raise ValueError(f"`mean` and `variance` of layer '{self.name}' were given; adapt needs a layer without.")
        count, mean, variance = 0, np.zeros(()), np.zeros(())
        for batch in [data] if hasattr(data, "__array__") else data:
            pair = isinstance(batch, (tuple, list)) and len(batch) and hasattr(batch[0], "shape")
            for x in _slices(batch[0] if pair else batch):
                self.build((None, *x.shape[1:]))
                others = tuple(axis for axis in range(x.ndim) if axis not in self._kept(x.ndim))
                own, before = math.prod(x.shape[axis] for axis in others), mean
                if own:
                    count += own
                    center = x.mean(others, keepdims=True)
                    away = center.reshape([x.shape[axis] for axis in self._kept(x.ndim)]) - before
                    mean = before + away * (own / count)
                    variance = variance + ((x - center) ** 2).sum(others) + own * away * (away + before - mean)
        if not count:
            raise ValueError("`data` must hold an example. Received: none.")
        self.state["mean"][...], self.state["variance"][...] = mean, variance / count

    def cast(self, dtype: DTypeLike) -> None:
        """Convert mean and variance; the count stays a whole number."""
        count = self.state.get("count")
        super().cast(dtype)
        if count is not None:
            self.state["count"] = count

    def _constants(self, x: Array) -> list[Array]:
        """Return mean and variance, in shapes that broadcast against x."""
        kept = self._kept(x.ndim)
        shape = [size if axis in kept else 1 for axis, size in enumerate(x.shape)]
        sizes = [x.shape[axis] for axis in kept]
        given = (self.state["mean"], self.state["variance"]) if self._numbers[0] is None else self._numbers
        return [np.broadcast_to(np.asarray(item, x.dtype), sizes).reshape(shape) for item in given]

    def constants(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Return mean and deviation of every number of an input of this shape, in float64."""
        mean, variance = (
            np.broadcast_to(item.astype(np.float64), shape)
            for item in self._constants(np.broadcast_to(np.zeros((), self.dtype), shape))
        )
        return mean, np.maximum(np.sqrt(variance), NORMALIZATION_EPSILON)

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        mean, variance = self._constants(x)
        return kernels.normalization_forward(x, mean, variance), variance

    def _backward(self, dy: Array, variance: Array, need_dx: bool) -> Array | None:
        return kernels.normalization_backward(dy, variance) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        given = [None if item is None else np.asarray(item).tolist() for item in self._numbers]
        return {"axis": list(self.axis), "invert": False, "mean": given[0], "variance": given[1]}


def _slices(batch: Any) -> Iterator[Array]:
    """Yield an array's rows in float64, some at a time: a copy of all may be eight times the array."""
    if not hasattr(batch, "shape"):
        raise TypeError(
            f"`data` must be an array (N, ...), or yield arrays or (x, y). Received: {type(batch).__name__} in it."
        )
    rows = np.asarray(batch)
    step = max(1, NUMBERS_AT_ONCE * len(rows) // max(rows.size, 1))
    for start in range(0, len(rows), step):
        yield rows[start : start + step].astype(np.float64)


def _constant(value: Any) -> Any:
    """Return a number, or a list or array of them as tuples, so that nobody changes it any more."""
    value = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    return tuple(map(_constant, value)) if isinstance(value, (list, tuple)) else value


def _alike(mean: Any, variance: Any) -> bool:
    """Tell whether both are numbers, or arrays of them, of one shape."""
    arrays = np.asarray(mean), np.asarray(variance)
    return all(array.dtype.kind in "fiu" for array in arrays) and arrays[0].shape == arrays[1].shape
