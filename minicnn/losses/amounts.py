"""Losses of amounts, by the difference d = p - t; each averaged over the K outputs and the examples.

                  forward                                          backward, / (N * K)
    squared       d^2                                              2 d
    absolute      |d|                                              sign d, and 0 at 0
    Huber         d^2 / 2 up to |d| = delta, then on straight:     d up to |d| = delta, then delta sign d
                  delta (|d| - delta / 2)

Source: Keras 3 `MeanSquaredError`, `MeanAbsoluteError`, `Huber`.
"""

from typing import Any

import numpy as np

from ..arguments import number
from ..types import AnyArray, Array
from .loss import Loss


class _Amounts(Loss):
    """Base of the three: what a difference costs, and its slope."""

    def _each(self, t: AnyArray, y: Array, logits: bool) -> tuple[Array, Array]:
        values, slope = self._of(y - t.astype(y.dtype, copy=False))
        return values.mean(-1), slope / y.dtype.type(y.shape[-1])

    def _of(self, d: Array) -> tuple[Array, Array]:
        raise NotImplementedError


class MeanSquaredError(_Amounts):
    """The mean of the squared differences.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import numpy as np
    >>> value, gradient = MeanSquaredError().value_and_gradient([[1.0, 2.0]], np.array([[1.5, 0.0]]))
    >>> value, gradient  # (0.5^2 + 2^2) / 2
    (2.125, array([[ 0.5, -2. ]]))
    """

    name: str = "mean_squared_error"

    def __init__(self, reduction: str = "sum_over_batch_size", name: str | None = None, dtype: str | None = None):
        super().__init__(name, reduction, dtype)

    def _of(self, d: Array) -> tuple[Array, Array]:
        return d * d, d * d.dtype.type(2)


class MeanAbsoluteError(_Amounts):
    """The mean of the differences without their signs: large ones count less than in `MeanSquaredError`.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import numpy as np
    >>> value, gradient = MeanAbsoluteError().value_and_gradient([[1.0, 2.0]], np.array([[1.5, 0.0]]))
    >>> value, gradient  # (0.5 + 2) / 2
    (1.25, array([[ 0.5, -0.5]]))
    """

    name: str = "mean_absolute_error"

    def __init__(self, reduction: str = "sum_over_batch_size", name: str | None = None, dtype: str | None = None):
        super().__init__(name, reduction, dtype)

    def _of(self, d: Array) -> tuple[Array, Array]:
        return np.abs(d), np.sign(d)


class Huber(_Amounts):
    """Squared where the difference is small, straight where it is large.

    Parameters
    ----------
    delta : float, positive
        Up to which difference it is squared.
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import numpy as np
    >>> value, gradient = Huber().value_and_gradient([[1.0, 2.0]], np.array([[1.5, 0.0]]))
    >>> value, gradient  # (0.5^2 / 2 + 2 - 1 / 2) / 2
    (0.8125, array([[ 0.25, -0.5 ]]))
    """

    name: str = "huber_loss"
    delta: float

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.delta = number("delta", delta, positive=True)

    def _of(self, d: Array) -> tuple[Array, Array]:
        delta = d.dtype.type(self.delta)
        size, half = np.abs(d), d.dtype.type(0.5)
        near = size <= delta
        return np.where(near, half * d * d, delta * size - half * delta * delta), np.where(near, d, delta * np.sign(d))

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {**super().get_config(), "delta": self.delta}
