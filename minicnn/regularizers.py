"""Regularizers: what weights cost by themselves, so that they stay small. One table of value and slope.

              value               slope
    L1        l1 * sum |w|        l1 * sign w
    L2        l2 * sum w^2        2 * l2 * w
    L1L2      both

Training adds the value to the loss, and the slope to the weight's gradient. Source: Keras 3 `regularizers`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from .arguments import number
from .elsewhere import refusing
from .types import Array


class L1L2:
    """A cost of both kinds.

    Parameters
    ----------
    l1, l2 : float, at least 0

    Raises
    ------
    ValueError
        One is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> both = L1L2(l1=0.5, l2=0.25)
    >>> both(np.array([2.0, -1.0])), both.slope(np.array([2.0, -1.0]))
    (2.75, array([ 1.5, -1. ]))
    """

    l1: float
    l2: float

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1, self.l2 = number("l1", l1, 0), number("l2", l2, 0)

    def __call__(self, w: Array) -> float:
        """Return what an array costs."""
        found = self.l2 * float(np.square(w, dtype=np.float64).sum()) if self.l2 else 0.0
        return found + (self.l1 * float(np.abs(w).sum(dtype=np.float64)) if self.l1 else 0.0)

    def slope(self, w: Array) -> Array:
        """Return how the cost changes with each number."""
        found = w * w.dtype.type(2 * self.l2)
        return found + np.sign(w) * w.dtype.type(self.l1) if self.l1 else found

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """A cost that drives weights to exactly 0.

    Parameters
    ----------
    l1 : float, at least 0

    Examples
    --------
    >>> L1(0.5)(np.array([2.0, -1.0]))
    1.5
    """

    def __init__(self, l1: float = 0.01):
        super().__init__(l1=l1)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"l1": self.l1}


class L2(L1L2):
    """A cost that drives large weights down most.

    Parameters
    ----------
    l2 : float, at least 0

    Examples
    --------
    >>> L2(0.5)(np.array([2.0, -1.0]))
    2.5
    """

    def __init__(self, l2: float = 0.01):
        super().__init__(l2=l2)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"l2": self.l2}


l1: type[L1] = L1  # Keras's names for them as functions
l2: type[L2] = L2
l1_l2: type[L1L2] = L1L2
REGULARIZERS: dict[str, type[L1L2]] = {"L1": L1, "L2": L2, "L1L2": L1L2}

__all__ = ["L1", "L1L2", "L2", "REGULARIZERS", "l1", "l1_l2", "l2"]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("regularizers")
