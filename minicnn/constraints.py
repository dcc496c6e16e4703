"""Constraints: what is done to weights after each step. One table of formulas.

    MaxNorm     w * clip(|w|, 0, max_value) / (1e-7 + |w|)      |w|: the norm along `axis`
    UnitNorm    w / (1e-7 + |w|)
    NonNeg      w where w >= 0, else 0

Source: Keras 3 `constraints`; for the first Srivastava et al. 2014.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .arguments import is_integer, number
from .elsewhere import refusing
from .types import Array

TINY = 1e-7  # keeps what is all 0 from dividing by 0


class Constraint:
    """Base of the constraints: one of one's own writes `__call__(w)`, which returns the weights that are left.

    Examples
    --------
    >>> class Rounded(Constraint):
    ...     def __call__(self, w):
    ...         return np.round(w, 1)
    >>> Rounded()(np.array([0.26]))
    array([0.3])
    """

    def __call__(self, w: Array) -> Array:
        """Return what is left of an array."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(w).")

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {}


class NonNeg(Constraint):
    """No number is below 0.

    Examples
    --------
    >>> abs(NonNeg()(np.array([2.0, -1.0]))).tolist()
    [2.0, 0.0]
    """

    def __call__(self, w: Array) -> Array:
        """Return what is left of an array."""
        return w * (w >= 0)


class UnitNorm(Constraint):
    """All norms are 1.

    Parameters
    ----------
    axis : int or list of int
        Along which the norm is taken: 0 for a dense kernel, [0, 1, 2] for a convolution's, so that each output has one.

    Examples
    --------
    >>> UnitNorm()(np.array([[3.0], [4.0]])).round(3).tolist()
    [[0.6], [0.8]]
    """

    axis: Any

    def __init__(self, axis: int | Sequence[int] = 0):
        several = axis if isinstance(axis, (tuple, list)) else [axis]
        if not several or not all(map(is_integer, several)):
            raise ValueError(f"`axis` must be an integer or a list of them. Received: axis={axis!r}.")
        self.axis = list(several) if isinstance(axis, (tuple, list)) else axis

    def _norms(self, w: Array) -> Array:
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        return np.sqrt(np.square(w).sum(axis, keepdims=True))

    def __call__(self, w: Array) -> Array:
        """Return what is left of an array."""
        return w / (w.dtype.type(TINY) + self._norms(w))

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"axis": self.axis}


class MaxNorm(UnitNorm):
    """No norm is above a limit.

    Parameters
    ----------
    max_value : float, at least 0
    axis : int or list of int
        As in `UnitNorm`.

    Examples
    --------
    >>> MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(3).tolist()
    [[0.6, 0.3], [0.8, 0.4]]
    """

    max_value: float

    def __init__(self, max_value: float = 2.0, axis: int | Sequence[int] = 0):
        super().__init__(axis)
        self.max_value = number("max_value", max_value, 0)

    def __call__(self, w: Array) -> Array:
        """Return what is left of an array."""
        norms = self._norms(w)
        return w * (np.clip(norms, 0, w.dtype.type(self.max_value)) / (w.dtype.type(TINY) + norms))

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"max_value": self.max_value, **super().get_config()}


max_norm: type[MaxNorm] = MaxNorm  # Keras's names for them as functions
non_neg: type[NonNeg] = NonNeg
unit_norm: type[UnitNorm] = UnitNorm
CONSTRAINTS: dict[str, type[Constraint]] = {"MaxNorm": MaxNorm, "NonNeg": NonNeg, "UnitNorm": UnitNorm}

__all__ = ["CONSTRAINTS", "Constraint", "MaxNorm", "NonNeg", "UnitNorm", "max_norm", "non_neg", "unit_norm"]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("constraints")
