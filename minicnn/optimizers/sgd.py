"""Stochastic gradient descent.

    w -= lr * g
    with momentum:  m = momentum * m - lr * g;   w += m         (nesterov:  w += momentum * m - lr * g)

Source: Keras 3 `SGD`.
"""

from typing import Any, Unpack

import numpy as np

from .. import kernels
from ..arguments import boolean, number
from ..types import Array
from .optimizer import Optimizer, Shared, as_keras
from .schedules import LearningRateSchedule


class SGD(Optimizer):
    """Gradient descent, with momentum on request.

    Parameters
    ----------
    learning_rate : float, at least 0, or LearningRateSchedule
    momentum : float in [0, 1]
        The share of the last step that goes on.
    nesterov : bool
        Look ahead along the momentum.
    **shared : weight_decay, clipnorm, clipvalue, global_clipnorm, name
        As in `Optimizer`.

    Examples
    --------
    >>> import numpy as np
    >>> params, optimizer = {"kernel": np.array([1.0, 2.0])}, SGD(learning_rate=0.5, momentum=0.5)
    >>> optimizer.update(params, {"kernel": np.array([1.0, -1.0])})
    >>> params["kernel"]  # w - 0.5 * g
    array([0.5, 2.5])
    >>> optimizer.update(params, {"kernel": np.array([0.0, 0.0])})
    >>> params["kernel"]  # half of the last step goes on
    array([0.25, 2.75])
    """

    slot_names: tuple[str, ...]
    default_name: str = "SGD"
    momentum: float
    nesterov: bool

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **shared: Unpack[Shared],
    ):
        super().__init__(learning_rate, **shared)
        self.momentum = number("momentum", momentum, 0, 1)
        self.nesterov = boolean("nesterov", nesterov)
        self.slot_names = ("momentum",) if self.momentum else ()

    def _step(self, w: Array, gradient: Any, *slots: Array) -> None:
        m = slots[0] if slots else None
        factors = getattr(gradient, "factors", None)  # of a product that nobody has read yet
        gradient = np.asarray(gradient) if factors is None else factors
        kernels.sgd_step(w, gradient, m, self.learning_rate, as_keras(self.momentum), self.nesterov)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
