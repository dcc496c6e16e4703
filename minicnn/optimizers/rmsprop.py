"""RMSprop: the gradient divided by the root of its mean square.

    v = rho * v + (1 - rho) * g^2
    w -= lr * g / sqrt(v + epsilon)

    momentum:   m = momentum * m + lr * g / sqrt(...);   w -= m
    centered:   a = rho * a + (1 - rho) * g;   v - a^2 in place of v

Source: Keras 3 `RMSprop`; Hinton, Neural networks for machine learning, lecture 6e, 2012.
"""

from typing import Any, Unpack

import numpy as np

from .. import kernels
from ..arguments import boolean, number
from ..types import Array
from .optimizer import BELOW_1, Optimizer, Shared
from .schedules import LearningRateSchedule


class RMSprop(Optimizer):
    """Gradient descent where each weight's gradient is divided by the root of its mean square.

    Parameters
    ----------
    learning_rate : float, at least 0, or LearningRateSchedule
    rho : float in [0, 1)
        How slowly the mean of g^2 forgets.
    momentum : float in [0, 1]
        The share of the last step that goes on.
    epsilon : float, positive
        Keeps the step finite where g was always 0.
    centered : bool
        Divide by the deviation of g in place of the root of its mean square.
    **shared : weight_decay, clipnorm, clipvalue, global_clipnorm, name
        As in `Optimizer`.

    Examples
    --------
    >>> import numpy as np
    >>> params, optimizer = {"kernel": np.array([1.0, 2.0])}, RMSprop(learning_rate=0.5, rho=0.75)
    >>> optimizer.update(params, {"kernel": np.array([100.0, -0.1])})
    >>> params["kernel"].round(3)  # 0.5 * g / sqrt(0.25 * g^2): as long for every gradient
    array([0., 3.])
    """

    slot_names: tuple[str, ...]
    rho: float
    momentum: float
    epsilon: float
    centered: bool

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **shared: Unpack[Shared],
    ):
        super().__init__(learning_rate, **shared)
        self.rho, self.momentum = number("rho", rho, 0, BELOW_1), number("momentum", momentum, 0, 1)
        self.epsilon, self.centered = number("epsilon", epsilon, positive=True), boolean("centered", centered)
        wanted = {"velocity": True, "momentum": self.momentum > 0, "average_gradient": self.centered}
        self.slot_names = tuple(name for name, there in wanted.items() if there)

    @property
    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The slots as they lie in Keras's state: each by itself."""
        return tuple((name,) for name in self.slot_names)

    def _decay_and_step(self, w: Array, gradient: Any, keep: float, *slots: Array) -> None:
        own = dict(zip(self.slot_names, slots, strict=True))
        kernels.rmsprop_step(
            w,
            np.asarray(gradient),
            own["velocity"],
            self.learning_rate,
            self.rho,
            self.epsilon,
            keep,
            self.momentum,
            own.get("momentum"),
            own.get("average_gradient"),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
